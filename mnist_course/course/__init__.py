"""What makes notebooks a course: claims, exercises, verified lessons, progress."""
