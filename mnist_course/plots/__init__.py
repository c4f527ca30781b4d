"""Every figure of the course: arrays in, Matplotlib Axes out, nothing shown or saved.

Each function draws into ``ax``, or into a new figure when ``ax`` is None, and returns the Axes;
``ax.figure.savefig("name.png")`` keeps the picture. In a notebook, ``plt.show()`` at the
end of the cell shows it alone.
"""

from .curves import plot_accuracies, plot_confusion, plot_history
from .digits import show_digits, show_heat_map, show_pixels, visualize_predictions
from .networks import draw_network, draw_pipeline

__all__ = [
    "draw_network",
    "draw_pipeline",
    "plot_accuracies",
    "plot_confusion",
    "plot_history",
    "show_digits",
    "show_heat_map",
    "show_pixels",
    "visualize_predictions",
]
