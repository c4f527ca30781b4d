"""A window to draw digits in, read while they are drawn. Tk shows it, ``sketch`` thinks."""

import sys
from types import SimpleNamespace

import numpy as np

from ..images import BlankImageError
from .sketch import Answer, Sketch

try:
    import tkinter as tk
    from tkinter import filedialog, ttk
except ImportError:  # part of Python, but some systems leave it out
    tk = None

SIDE = 420  # pixels of the paper on a screen of 96 pixels to the inch
SPAN = 700  # likewise, of the line at the bottom
LIVE = 100  # milliseconds between two readings at least
PEN_WIDTHS = 0.03, 0.15  # shares of the paper's side: a ballpoint, a thick brush
ENLARGED = 5  # each pixel of what the network saw becomes a square of as many
BAR = SimpleNamespace(height=22, left=22, length=190, right=60)  # in pixels
TRACK, SHARE, LIKELIEST = "#e4e8ec", "#9fb6d4", "#1a66c8"
PICTURES = ("Pictures", "*.png *.jpg *.jpeg *.webp *.gif *.bmp *.tif *.tiff *.PNG *.JPG *.JPEG")

OTHERWISE = (
    "Otherwise draw in the notebook of Day 1, or read a file: mnist-course predict photo.jpg"
)
NO_TKINTER = (
    "this Python has no tkinter, which the window needs. Debian and Ubuntu: sudo apt install "
    "python3-tk; Fedora: sudo dnf install python3-tkinter; macOS with Homebrew: brew install "
    f"python-tk. The Pythons that uv installs have it: uv python install. {OTHERWISE}"
)
NO_DISPLAY = (
    "there is no screen to open a window on ({problem}). Run this at the machine itself: over SSH "
    f"and in a container there is none, unless you connect with ssh -X. {OTHERWISE}"
)


class Window:
    """Paper to draw on, and what a reader sees in it.

    Example:
        >>> Window(DigitReader.load()).run()
    """

    def __init__(self, reader):
        """Open the window.

        Args:
            reader: a ``DigitReader``, or anything with its ``name`` and ``read_picture``.

        Raises:
            ValueError: this Python has no tkinter, or there is no display.
        """
        self.root = _open_root()
        self.root.title("Draw a digit")
        self.root.resizable(False, False)
        self.root.report_callback_exception = self._say_what_failed
        self.sketch, self._redrawing, self._reading = Sketch(reader), None, None
        self._scale = _scale(self.root)
        self._side = round(SIDE * self._scale)
        self._ready = f"{reader.name} is ready"
        frame = ttk.Frame(self.root, padding=16)
        frame.grid()
        self._add_paper(frame)
        self._add_tools(frame)
        self._add_answer(frame)
        self._add_status(frame)
        self._bind()
        self._redraw()
        self._answer()

    def run(self) -> None:
        """Wait until the window is closed."""
        self.root.mainloop()

    def tell(self, message: object) -> None:
        """Say something in the status line."""
        self.status["text"] = str(message)

    def _say_what_failed(self, _kind: type, problem: BaseException, _trace: object) -> None:
        """What Tk calls for a callback that fails; the window has no way to name the ink."""
        self.tell(problem.said if isinstance(problem, BlankImageError) else problem)

    def _add_paper(self, frame) -> None:
        self._shown = tk.PhotoImage(master=self.root)
        self.paper = tk.Canvas(frame, width=self._side, height=self._side, cursor="crosshair")
        self.paper.configure(highlightthickness=1, highlightbackground="#888888", takefocus=False)
        # the outline's pixel is a part of the canvas: the picture begins within
        self.paper.create_image(1, 1, image=self._shown, anchor="nw")
        self.paper.grid(row=0, column=0, sticky="nw")

    def _add_tools(self, frame) -> None:
        tools = ttk.Frame(frame)
        tools.grid(row=1, column=0, sticky="new", pady=(10, 0))
        frame.rowconfigure(1, weight=1)  # the height that the answer needs more goes here
        self.undo = ttk.Button(tools, text="Undo", command=self._undo)
        self.clear = ttk.Button(tools, text="Clear", command=self._clear)
        open_ = ttk.Button(tools, text="Open picture…", command=self._open)
        for column, button in enumerate((self.undo, self.clear, open_)):
            button.grid(row=0, column=column, sticky="ew", padx=(8 if column else 0, 0))
            tools.columnconfigure(column, weight=1)
        self.pen = ttk.Scale(tools, from_=PEN_WIDTHS[0], to=PEN_WIDTHS[1])
        self.pen.set(self.sketch.ink_width)
        self.pen["command"] = self._set_pen  # not before: setting calls it
        ttk.Label(tools, text="Pen width").grid(row=1, column=0, pady=(12, 0))
        self.pen.grid(row=1, column=1, columnspan=2, sticky="ew", padx=(8, 0), pady=(12, 0))

    def _add_answer(self, frame) -> None:
        beside = ttk.Frame(frame)
        beside.grid(row=0, column=1, rowspan=2, sticky="n", padx=(20, 0))
        self.digit = ttk.Label(beside, font=("TkDefaultFont", 48, "bold"))
        self.text = ttk.Label(beside, font=("TkDefaultFont", 13))
        self.bars = Bars(beside, self._scale)
        label = ttk.Label(beside, text="What the network sees")
        self._seen = tk.PhotoImage(master=self.root)
        seen = ttk.Label(beside, image=self._seen)
        for part in (self.digit, self.text, self.bars.canvas, label, seen):
            part.grid(pady=(0, 6))

    def _add_status(self, frame) -> None:
        self.status = ttk.Label(frame, wraplength=round(SPAN * self._scale))
        self.status.grid(row=2, column=0, columnspan=2, sticky="nw", pady=(12, 0))
        # room for two lines from the start: the window does not grow with a long message
        frame.rowconfigure(2, minsize=round(54 * self._scale))

    def _bind(self) -> None:
        self.paper.bind("<Button-1>", lambda event: self._draw(event, self.sketch.begin))
        self.paper.bind("<B1-Motion>", lambda event: self._draw(event, self.sketch.draw_to))
        self.paper.bind("<ButtonRelease-1>", lambda _: self.sketch.lift())
        command = "Command" if self.root.tk.call("tk", "windowingsystem") == "aqua" else "Control"
        for keys, action in {
            f"<{command}-z>": self._undo,
            "<Escape>": self._clear,
            "<Delete>": self._clear,
            f"<{command}-o>": self._open,
        }.items():
            self.root.bind(keys, lambda _, action=action: action())

    def _draw(self, event, how) -> None:
        how((event.x - 1) / self._side, (event.y - 1) / self._side)
        self._changed()

    def _undo(self) -> None:
        self.sketch.undo()
        self._changed()

    def _clear(self) -> None:
        self.sketch.clear()
        self._changed()

    def _set_pen(self, width: str) -> None:
        self.sketch.ink_width = float(width)
        self._changed()

    def _open(self) -> None:
        kinds = [PICTURES, ("All files", "*")]
        path = filedialog.askopenfilename(parent=self.root, title="Open picture", filetypes=kinds)
        if path:  # empty when the learner changes their mind
            self.sketch.open(path)
            self._changed()

    def _changed(self) -> None:
        """Show it as soon as no event waits, and read it a little later: once for many points."""
        if self._redrawing is None:
            self._redrawing = self.root.after_idle(self._redraw)
        if self._reading is None:
            self._reading = self.root.after(LIVE, self._answer)

    def _redraw(self) -> None:
        self._redrawing = None
        _show(self._shown, self.sketch.picture(self._side))
        self.undo.state(["!disabled" if self.sketch.can_undo else "disabled"])
        self.clear.state(["disabled" if self.sketch.is_empty else "!disabled"])

    def _answer(self) -> None:
        self._reading = None
        answer: Answer = self.sketch.answer()
        self.digit["text"], self.text["text"] = answer.digit or "?", answer.text
        self.bars.show(answer.probabilities)
        square = np.ones((round(ENLARGED * self._scale),) * 2, np.uint8)
        _show(self._seen, np.kron(answer.image, square))
        self.tell(answer.status or self._ready)


class Bars:
    """Ten bars, from 0 to 9: how probable each digit is."""

    def __init__(self, parent, scale: float):
        """Draw ten empty bars, larger than on a screen of 96 pixels to the inch by a factor."""
        size = {"width": BAR.left + BAR.length + BAR.right, "height": 10 * BAR.height}
        size = {name: round(pixels * scale) for name, pixels in size.items()}
        self.canvas = tk.Canvas(parent, background="white", highlightthickness=0, **size)
        self._rows = [self._add_row(digit, digit * BAR.height) for digit in range(10)]
        self._length = BAR.length * scale
        self.canvas.scale("all", 0, 0, scale, scale)

    def show(self, probabilities: np.ndarray) -> None:
        """Make the bars as long as ten numbers from 0 to 1; all zero are no answer."""
        likeliest, answered = probabilities.argmax(), probabilities.any()
        for digit, (share, (bar, text)) in enumerate(zip(probabilities, self._rows, strict=True)):
            left, top, _, bottom = self.canvas.coords(bar)
            self.canvas.coords(bar, left, top, left + float(share) * self._length, bottom)
            colour = LIKELIEST if digit == likeliest else SHARE
            # a bar of no length would still be drawn as a line
            self.canvas.itemconfigure(bar, fill=colour if answered else "")
            self.canvas.itemconfigure(text, text=f"{share:.1%}" if answered else "")

    def _add_row(self, digit: int, top: int) -> tuple[int, int]:
        middle, right = top + BAR.height / 2, BAR.left + BAR.length
        box = BAR.left, top + 4, right, top + BAR.height - 4
        self.canvas.create_text(BAR.left - 8, middle, text=digit, anchor="e", fill="black")
        self.canvas.create_rectangle(*box, fill=TRACK, width=0)
        bar = self.canvas.create_rectangle(*box, width=0)
        text = self.canvas.create_text(right + BAR.right - 4, middle, anchor="e", fill="black")
        return bar, text


def _open_root() -> "tk.Tk":
    if tk is None:
        raise ValueError(NO_TKINTER)
    try:
        root = tk.Tk(className="mnist-course")
    except tk.TclError as problem:
        raise ValueError(NO_DISPLAY.format(problem=problem)) from problem
    if root.tk.call("tk", "windowingsystem") == "x11":
        _dress(root)
    return root


def _dress(root: "tk.Tk") -> None:
    """Plain white where no system lends its own looks: Tk's there are of the last century."""
    style = ttk.Style(root)
    style.theme_use("clam")
    style.configure(".", background="white", bordercolor="#b4bcc4", troughcolor=TRACK)
    style.configure("TButton", background="#f3f5f7", lightcolor="#f3f5f7", darkcolor="#f3f5f7")
    style.configure("TScale", background="#c4ccd4")
    style.map("TButton", background=[("active", TRACK)])


def _scale(root: "tk.Tk") -> float:
    """How much finer the screen is than 96 pixels to the inch, in quarters."""
    if sys.platform in ("win32", "darwin"):  # they enlarge windows themselves
        return 1.0
    return max(1.0, round(4 * root.winfo_fpixels("1i") / 96) / 4)


def _show(photo: "tk.PhotoImage", pixels: np.ndarray) -> None:
    """Put uint8 pixels on a picture of Tk, in a form that needs nothing but Tk."""
    height, width = pixels.shape
    photo.configure(data=b"P5 %d %d 255\n" % (width, height) + pixels.tobytes(), format="ppm")
