"""What makes notebooks a course: claims, exercises, verified lessons, progress."""

WEEKS = (range(1, 8), range(8, 15), range(15, 22), range(22, 31))  # days
DAYS = range(WEEKS[0].start, WEEKS[-1].stop)

RECORD = "MNIST_COURSE_RECORD"  # tells the accuracy ladder to write down what it draws
