"""The rival of the service, as tutorials have it: ``model.predict`` for each request."""

import keras
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

from ..shipping.export import load_model

app = FastAPI()
model: keras.Model = load_model("champion")


class Digit(BaseModel):
    """28 x 28 pixels, 0 background to 255 ink."""

    pixels: list[list[int]]


@app.get("/readyz")
def ready() -> dict[str, str]:
    """It has started."""
    return {"status": "ready"}


@app.post("/api/predict")
def predict(digit: Digit) -> dict:
    """Scale, add two axes, predict."""
    image = np.array(digit.pixels, np.float32)[None, :, :, None] / 255
    probabilities = model.predict(image, verbose=0)[0]
    return {"digit": int(probabilities.argmax()), "probabilities": probabilities.tolist()}
