"""Everything that trains a network: one loop, its parts, and fair comparisons.

Lessons import from here; the package itself imports from the modules.
"""

from .averaging import average_weights, refresh_batch_norm
from .compiling import compile_model, start_anew
from .experiments import compare
from .learning_rates import cosine, one_cycle, range_test
from .loop import TestResult, set_seed, train, train_and_evaluate_model
from .optimizers import ConvMuon

__all__ = [
    "ConvMuon",
    "TestResult",
    "average_weights",
    "compare",
    "compile_model",
    "cosine",
    "one_cycle",
    "range_test",
    "refresh_batch_norm",
    "set_seed",
    "start_anew",
    "train",
    "train_and_evaluate_model",
]
