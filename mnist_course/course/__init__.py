"""What makes notebooks a course: claims, exercises, verified lessons, progress."""

RECORD = "MNIST_COURSE_RECORD"  # tells the accuracy ladder to write down what it draws
