"""Day 9: count parameters, build a deeper network, read one image."""

from itertools import pairwise

import keras
import numpy as np
from keras import layers

from ...scratch import softmax
from .engine import Exercise, NotAttempted, NotYet, call, require, require_shape

# --- 9.1 -------------------------------------------------------------------------------------


def count_parameters(sizes):
    total = 0
    for layer in range(1, len(sizes)):
        inputs, units = sizes[layer - 1], sizes[layer]
        total += inputs * units + units
    return total


def _check_count_parameters(answer):
    for sizes in ([5, 4, 3], [784, 128, 10], [7, 3], [6, 5, 4, 3, 2]):
        shown = f"count_parameters({sizes})"
        found = call(answer, list(sizes), shown=shown)
        require(not isinstance(found, str), f"{shown}: a number is asked for, yours is {found!r}")
        require(np.shape(found) == (), f"{shown}: one number is asked for, yours is {found!r}")
        weights = sum(a * b for a, b in _steps(sizes))
        for mistake, message in (
            (weights, "those are the weights; the biases are missing, one for each unit"),
            (
                weights + sum(sizes),
                "the inputs have no biases: they only pass on what comes in",
            ),
            (weights + sum(sizes[:-1]), "each layer has a bias per unit, not per input"),
            (
                weights + sum(sizes[1:-1]),
                "the units of the answer have a bias each, too",
            ),
            (weights + len(sizes) - 1, "a layer has a bias for each of its units, not only one"),
            (int(np.prod(sizes)), "multiply within a layer, but add the layers up"),
            (sum(sizes), "each unit has a weight for each of its inputs: multiply"),
        ):
            if found == mistake != count_parameters(sizes):
                raise NotYet(f"{shown} gave {found:,}: {message}")
        require(
            found == count_parameters(sizes),
            f"{shown}: {count_parameters(sizes):,} expected, yours is {found:,}",
        )


def _steps(sizes):
    return list(pairwise(sizes))


def _without_biases(sizes):
    return sum(a * b for a, b in _steps(sizes))


def _biases_for_the_inputs(sizes):
    return sum(a * b for a, b in _steps(sizes)) + sum(sizes)


def _biases_per_input(sizes):
    return sum((b + 1) * a for a, b in _steps(sizes))


def _one_bias_a_layer(sizes):
    return sum(a * b + 1 for a, b in _steps(sizes))


def _all_multiplied(sizes):
    return int(np.prod(sizes))


def _two_layers_only(sizes):
    return sizes[0] * sizes[1] + sizes[1] + sizes[1] * sizes[-1] + sizes[-1]


def _count_in_pairs(sizes):
    return np.int64(sum((a + 1) * b for a, b in pairwise(sizes)))


def _count_by_recursion(sizes):
    if len(sizes) < 2:
        return 0
    return sizes[0] * sizes[1] + sizes[1] + _count_by_recursion(sizes[1:])


def _count_by_keras(sizes):
    dense = [layers.Dense(units) for units in sizes[1:]]
    return keras.Sequential([keras.Input((sizes[0],)), *dense]).count_params()


def _count_in_numpy(sizes):
    sizes = np.array(sizes)
    return float(sizes[:-1] @ sizes[1:] + sizes[1:].sum())


def _count_as_text(sizes):
    return str(count_parameters(sizes))


def _answer_s_biases_missing(sizes):
    return count_parameters(sizes) - sizes[-1]


def _today_s_network(sizes):
    return 101_770


# --- 9.2 -------------------------------------------------------------------------------------


def network(hidden):
    boxes = [keras.Input((28, 28, 1)), layers.Flatten()]
    for units in hidden:
        boxes.append(layers.Dense(units, activation="relu"))
    boxes.append(layers.Dense(10, activation="softmax"))
    return keras.Sequential(boxes)


_ALLOWED = (
    *(layers.InputLayer, layers.Flatten, layers.Reshape, layers.Dense),
    *(layers.Activation, layers.ReLU, layers.Softmax),
)


def _check_network(answer):
    rng = np.random.default_rng(92)
    images = rng.random((20, 28, 28, 1), dtype=np.float32)
    for hidden in ([12], [20, 12], [9, 8, 7]):
        shown = f"network({hidden})"
        model = call(answer, list(hidden), shown=shown)
        require(
            isinstance(model, keras.Model), f"{shown} should return a Keras model, got {model!r}"
        )
        require_shape(
            _answers(model, images, shown), (20, 10), what=f"{shown}: its answer to 20 images"
        )
        _check_layers(model, shown)
        _check_shapes(model, [784, *hidden, 10], shown)
        _check_bends(model, images, rng, shown)


def _answers(model, images, shown):
    try:
        return keras.ops.convert_to_numpy(model(images))
    except Exception as problem:
        raise NotYet(
            f"{shown} cannot read images of shape (n, 28, 28, 1). Does it begin with "
            "Input((28, 28, 1)) and a Flatten?"
        ) from problem


def _check_shapes(model, sizes, shown):
    wanted = [shape for a, b in _steps(sizes) for shape in ((a, b), (b,))]
    found = [tuple(weights.shape) for weights in model.weights]
    if found == wanted:
        return
    kernels = [shape for shape in found if len(shape) == 2]
    more = f"its dense layers go {' and '.join(f'{a} to {b}' for a, b in kernels) or 'nowhere'}"
    path = " to ".join(map(str, sizes))
    raise NotYet(f"{shown} should go from {path}, but {more}")


def _check_layers(model, shown):
    """Only Flatten and Dense, each with its biases; activations may be layers of their own."""
    for layer in model.layers:
        kind = type(layer).__name__
        if isinstance(layer, layers.Dense) and not layer.use_bias:
            raise NotYet(f"{shown}: a Dense layer has no biases; leave use_bias as it is")
        require(
            isinstance(layer, _ALLOWED),
            f"{shown}: it has a layer {kind}; only Flatten and Dense layers are asked for",
        )


def _check_bends(model, images, rng, shown):
    """Other weights, and the answers that ReLU layers with these weights must give."""
    # so large that sums go far beyond 6 and below -1: relu6 and leaky units show
    weights = [rng.normal(0, 6 / np.sqrt(np.size(w, 0)), w.shape) for w in model.get_weights()]
    weights[-2] /= 40
    model.set_weights(weights)
    found = _answers(model, images, shown)
    rows, last = images.reshape(len(images), -1).astype(float), len(weights) - 2
    linear = rows
    for k in range(0, len(weights), 2):
        rows, linear = rows @ weights[k] + weights[k + 1], linear @ weights[k] + weights[k + 1]
        rows = rows if k == last else np.maximum(rows, 0)
    require(
        np.allclose(found.sum(axis=1), 1, atol=1e-3),
        f"{shown}: the ten answers should add up to 1: which activation turns scores into "
        "probabilities?",
    )
    require(
        not np.allclose(found, softmax(linear), atol=1e-3),
        f'{shown}: no layer bends: a Dense without activation="relu" is one more weighted sum, '
        "and a sum of sums is a sum again",
    )
    require(
        np.allclose(found, softmax(rows), atol=1e-2),
        f"{shown}: the sizes are right, but the answers are not those of ReLU layers: has every "
        'hidden layer activation="relu", and the last one "softmax"?',
    )


def _with_relu6(hidden):
    dense = [layers.Dense(units, activation="relu6") for units in hidden]
    return _chain(layers.Flatten(), *dense, layers.Dense(10, activation="softmax"))


def _with_dropout(hidden):
    boxes = [box for units in hidden for box in (layers.Dense(units, "relu"), layers.Dropout(0.2))]
    return _chain(layers.Flatten(), *boxes, layers.Dense(10, activation="softmax"))


def _without_bias(hidden):
    dense = [layers.Dense(units, activation="relu", use_bias=False) for units in hidden]
    return _chain(layers.Flatten(), *dense, layers.Dense(10, activation="softmax"))


def _with_batch_norm(hidden):
    boxes = [b for n in hidden for b in (layers.Dense(n, "relu"), layers.BatchNormalization())]
    return _chain(layers.Flatten(), *boxes, layers.Dense(10, activation="softmax"))


def _network_with_add(hidden):
    model = keras.Sequential()
    model.add(keras.Input((28, 28, 1)))
    model.add(layers.Reshape((784,)))
    for units in hidden:
        model.add(layers.Dense(units))
        model.add(layers.ReLU())
    model.add(layers.Dense(10))
    model.add(layers.Softmax())
    return model


def _network_of_functions(hidden):
    image = keras.Input((28, 28, 1))
    x = layers.Flatten()(image)
    for units in hidden:
        x = layers.Dense(units, activation=keras.activations.relu)(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def _network_compiled(hidden):
    model = network(hidden)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def _always_today_s(hidden):
    return network([128])


def _two_layers_written_out(hidden):
    return network([hidden[0], hidden[-1]]) if len(hidden) > 1 else network(hidden)


def _chain(*boxes):
    return keras.Sequential([keras.Input((28, 28, 1)), *boxes])


def _without_flatten(hidden):
    dense = [layers.Dense(units, activation="relu") for units in hidden]
    return _chain(*dense, layers.Dense(10, activation="softmax"))


def _input_of_rows(hidden):
    dense = [layers.Dense(units, activation="relu") for units in hidden]
    return keras.Sequential([keras.Input((784,)), *dense, layers.Dense(10, activation="softmax")])


def _without_relu(hidden):
    dense = [layers.Dense(units) for units in hidden]
    return _chain(layers.Flatten(), *dense, layers.Dense(10, activation="softmax"))


def _without_softmax(hidden):
    dense = [layers.Dense(units, activation="relu") for units in hidden]
    return _chain(layers.Flatten(), *dense, layers.Dense(10))


def _sigmoid_inside(hidden):
    dense = [layers.Dense(units, activation="sigmoid") for units in hidden]
    return _chain(layers.Flatten(), *dense, layers.Dense(10, activation="softmax"))


def _layer_after_the_answer(hidden):
    first = layers.Dense(hidden[0], activation="relu")
    answer = layers.Dense(10, activation="softmax")
    more = [layers.Dense(units, activation="relu") for units in hidden[1:]]
    return _chain(layers.Flatten(), first, answer, *more)


def _reversed(hidden):
    return network(hidden[::-1])


def _a_list_of_layers(hidden):
    return [layers.Flatten(), *(layers.Dense(units) for units in hidden)]


# --- 9.3 -------------------------------------------------------------------------------------


def read_digit(model, image):
    stack = image.reshape(1, 28, 28, 1) / 255
    probabilities = model.predict(stack, verbose=0)[0]
    digit = probabilities.argmax()
    return digit, probabilities[digit]


def _some_model(seed):
    """A small model with known weights, so unlike a trained one that nothing can be guessed."""
    rng = np.random.default_rng(seed)
    model = _chain(layers.Flatten(), layers.Dense(10, activation="softmax"))
    weights = [rng.normal(0, 0.12, (784, 10)), rng.normal(0, 0.1, 10)]
    model.set_weights(weights)
    return model, weights


def _check_read_digit(answer):
    models = [_some_model(seed) for seed in (93, 193)]
    shown = "read_digit(model, image)"
    images = np.random.default_rng(94).integers(0, 256, (4, 28, 28), dtype=np.uint8)
    for image, (model, (kernel, bias)) in zip(images, 2 * models, strict=True):
        result = _one_answer(answer, model, image, shown)
        digit, probability = _as_pair(result, shown)
        row = softmax((image.reshape(1, -1) / 255) @ kernel + bias)[0]
        raw = softmax(image.reshape(1, -1).astype(float) @ kernel + bias)[0]
        right = np.isclose(probability, row.max(), atol=1e-3) and digit == row.argmax()
        if right:
            continue
        for holds, message in (
            (
                np.isclose(probability, raw.max(), atol=1e-3),
                "the model has learned from pixels between 0 and 1: scale the image first",
            ),
            (
                np.isclose(probability, row.argmax()) and np.isclose(digit, row.max(), atol=1e-3),
                "the digit comes first, then the probability",
            ),
            (
                np.isclose(probability, 100 * row.max(), atol=0.1),
                "the probability is asked for as a number from 0 to 1, not in percent",
            ),
        ):
            require(not holds, message)
        raise NotYet(
            f"the largest of the ten probabilities is {row.max():.3f} and belongs to "
            f"{row.argmax()}; you say {digit} with {probability:.3f}"
        )


def _one_answer(answer, model, image, shown):
    try:
        return call(answer, model, image, shown=shown, pure=True)
    except NotYet as problem:
        if "shape" in str(problem):
            raise NotYet(
                f"the model wants a stack of images, even for one: shape (1, 28, 28, 1). {problem}"
            ) from problem
        raise


def _as_pair(result, shown):
    """Digit and probability as numbers; an array that holds one number counts as a number."""
    if not isinstance(result, tuple | list | np.ndarray) or len(result) != 2:
        size = f"something of shape {np.shape(result)}" if np.ndim(result) else f"{result!r}"
        raise NotYet(f"{shown} should return two things, digit and probability, not {size}")
    missing = [part is ... for part in result]
    if all(missing):
        raise NotAttempted
    require(not any(missing), "one of the two results is still `...`")
    for part in result:
        what = "one image has one digit and one probability"
        require(not isinstance(part, str), f"{what}, as numbers; yours is the text {part!r}")
        require(np.size(part) == 1, f"{what}; yours has shape {np.shape(part)}")
    return (np.asarray(part).reshape(-1)[0].item() for part in result)


def _read_by_calling(model, image):
    row = keras.ops.convert_to_numpy(model(image[None, :, :, None] / np.float32(255)))[0]
    return [int(np.argmax(row)), float(max(row))]


def _read_flat_array(model, image):
    row = model.predict(np.expand_dims(image / 255.0, (0, -1)), verbose=0).ravel()
    return np.array([row.argmax(), row.max()])


def _read_as_keras_numbers(model, image):
    row = model(keras.ops.reshape(image / 255, (1, 28, 28, 1)))[0]
    return keras.ops.argmax(row), keras.ops.max(row)


def _digit_as_text(model, image):
    digit, probability = read_digit(model, image)
    return str(digit), probability


def _without_a_stack(model, image):
    row = model.predict(image / 255, verbose=0)[0]
    return row.argmax(), row.max()


def _not_scaled(model, image):
    row = model.predict(image.reshape(1, 28, 28, 1).astype("float32"), verbose=0)[0]
    return row.argmax(), row.max()


def _the_whole_row(model, image):
    return model.predict(image.reshape(1, 28, 28, 1) / 255, verbose=0)[0]


def _digit_only(model, image):
    return int(_the_whole_row(model, image).argmax())


def _wrong_order(model, image):
    return read_digit(model, image)[::-1]


def _in_percent(model, image):
    digit, probability = read_digit(model, image)
    return digit, 100 * probability


def _digit_and_row(model, image):
    row = _the_whole_row(model, image)
    return row.argmax(), row


def _digit_alone_so_far(model, image):
    return read_digit(model, image)[0], ...


def _counted_from_one(model, image):
    digit, probability = read_digit(model, image)
    return digit + 1, probability


def _transposed(model, image):
    return read_digit(model, image.T)


EXERCISES = (
    Exercise(
        id="9.1",
        title="count the parameters",
        solution=count_parameters,
        reason="Each unit of a layer has one weight for each number that comes in, and one bias: "
        "inputs × units + units. The inputs themselves are no layer and have no parameters. "
        "Layer number 1 stands between sizes[0] and sizes[1], and so on.",
        check=_check_count_parameters,
        hints=(
            "Take [784, 128, 10]. The first layer: 784 inputs for each of 128 units, and a bias "
            "for each unit. How many is that? And the second layer?",
            "A layer from a to b has a × b weights and b biases. Add up the layers.",
            "`for layer in range(1, len(sizes))`: that layer goes from sizes[layer - 1] to "
            "sizes[layer].",
        ),
        wrong=(
            (_without_biases, "the biases are missing"),
            (_biases_for_the_inputs, "the inputs have no biases"),
            (_biases_per_input, "a bias per unit, not per input"),
            (_one_bias_a_layer, "not only one"),
            (_all_multiplied, "add the layers up"),
            (_two_layers_only, "expected, yours is"),
            (_today_s_network, "expected, yours is"),
            (_count_as_text, "a number is asked for"),
            (_answer_s_biases_missing, "the units of the answer"),
        ),
        right=(_count_in_pairs, _count_by_recursion, _count_by_keras, _count_in_numpy),
    ),
    Exercise(
        id="9.2",
        title="add a layer, or several",
        solution=network,
        reason="A Sequential model is a list of boxes, and a list can be made in a loop. Keras "
        "works out from the box before how many inputs each Dense gets. ReLU belongs on every "
        "hidden layer, because weighted sums of weighted sums are only weighted sums.",
        check=_check_network,
        hints=(
            "keras.Sequential takes a list. Begin it with Input and Flatten, and append.",
            'For each number in hidden append `layers.Dense(units, activation="relu")`.',
            'At the end append `layers.Dense(10, activation="softmax")`, and return '
            "`keras.Sequential(...)` of the list.",
        ),
        wrong=(
            (_always_today_s, "network([12]) should go from 784 to 12 to 10"),
            (_two_layers_written_out, "network([9, 8, 7]) should go from"),
            (_without_flatten, "its answer to 20 images should have shape (20, 10)"),
            (_input_of_rows, "Does it begin with Input((28, 28, 1)) and a Flatten?"),
            (_without_relu, "no layer bends"),
            (_without_softmax, "should add up to 1"),
            (_sigmoid_inside, 'has every hidden layer activation="relu"'),
            (_layer_after_the_answer, "its answer to 20 images should have shape (20, 10)"),
            (_reversed, "should go from 784 to 20 to 12 to 10"),
            (_a_list_of_layers, "should return a Keras model"),
            (_with_relu6, 'has every hidden layer activation="relu"'),
            (_with_dropout, "it has a layer Dropout"),
            (_without_bias, "a Dense layer has no biases"),
            (_with_batch_norm, "it has a layer BatchNormalization"),
        ),
        right=(_network_with_add, _network_of_functions, _network_compiled),
    ),
    Exercise(
        id="9.3",
        title="read one image",
        solution=read_digit,
        reason="Three things stand between a raw image and a network: pixels from 0 to 1, the "
        "channel axis, and the axis of images, here a stack of one. The answer is a stack of one "
        "as well, hence the [0]. scale_pixels(image) does all three at once.",
        check=_check_read_digit,
        hints=(
            "Which shape does the model want, and which does the image have? And which range?",
            "`scale_pixels(image)` scales and gives the shape (1, 28, 28, 1).",
            "`row = model.predict(scale_pixels(image), verbose=0)[0]` is ten probabilities: "
            "the digit is where the largest one stands.",
        ),
        wrong=(
            (_without_a_stack, "a stack of images, even for one"),
            (_not_scaled, "scale the image first"),
            (_the_whole_row, "two things, digit and probability"),
            (_digit_only, "two things, digit and probability"),
            (_wrong_order, "the digit comes first"),
            (_in_percent, "not in percent"),
            (_digit_and_row, "one digit and one probability"),
            (_counted_from_one, "you say"),
            (_digit_alone_so_far, "still `...`"),
            (_transposed, "the largest of the ten probabilities is"),
            (_digit_as_text, "as numbers; yours is the text"),
        ),
        right=(_read_by_calling, _read_flat_array, _read_as_keras_numbers),
    ),
)
