"""What is wrong with a picture, said to those who send files and write no Python."""

ARRAYS = ", a Pillow image or a NumPy array"
FAINT = "; if the ink is faint, say which it is: "


def for_senders(problem: ValueError, ink: str, options: str) -> str:
    """The library's message without what only Python has.

    Args:
        problem: as ``images`` raised it.
        ink: what was asked for; the advice to say it is for those who have not.
        options: how they say it, such as ``"--ink dark or --ink light"``.
    """
    said, faint, _ = str(problem).removesuffix(ARRAYS).partition(FAINT)
    return f"{said}{faint}{options}" if faint and ink == "auto" else said
