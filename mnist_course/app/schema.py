"""What the service takes and gives, as its description in OpenAPI says it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Pixel = Annotated[int, Field(ge=0, le=255, strict=True)]
Row = Annotated[list[Pixel], Field(min_length=28, max_length=28)]
Rows = Annotated[list[Row], Field(min_length=28, max_length=28)]


class PictureIn(BaseModel):
    """A picture as text, or an image that is in MNIST form already: one of the two."""

    model_config = ConfigDict(extra="forbid")
    image: str | None = Field(None, description="An image file (PNG, JPEG, ...) in base64.")
    pixels: Rows | None = Field(None, description="28 x 28, 0 background to 255 ink.")


class Prediction(BaseModel):
    """What was read."""

    digit: int = Field(ge=0, le=9, examples=[7])
    confidence: float = Field(ge=0, le=1, description="Probability of that digit.")
    probabilities: list[float] = Field(min_length=10, max_length=10)
    is_digit: bool | None = Field(
        description="False for a letter, a scribble, a face; null where the model cannot tell."
    )
    model: str = Field(examples=["champion"])
    sha256: str = Field(description="Of the model's file.")
    milliseconds: float = Field(description="From the picture's bytes to the answer.")
    image: list[list[int]] = Field(description="What the network saw: 28 x 28, 0 to 255 ink.")
    stages: dict[str, str] | None = Field(None, description="Each stage as a PNG, a data: URL.")


class DigitFound(BaseModel):
    """One digit of a picture."""

    digit: int = Field(ge=0, le=9)
    confidence: float = Field(ge=0, le=1)
    box: tuple[int, int, int, int] = Field(description="Top, left, bottom, right, in pixels.")


class NumberRead(BaseModel):
    """All digits of a picture, in reading order."""

    text: str = Field(examples=["407"], description="A line for each row.")
    digits: list[DigitFound]
    model: str


class Model(BaseModel):
    """A model that is served."""

    name: str
    sha256: str
    parameters: int
    test_accuracy: float


class Problem(BaseModel):
    """What was wrong, and what was expected; ``advice`` is for programs that ask."""

    detail: str
    advice: str | None = None


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Not a picture, or it is damaged."},
    413: {"model": Problem, "description": "Too many bytes or pixels."},
    415: {"model": Problem, "description": "Neither a form nor JSON, or compressed."},
    422: {"model": Problem, "description": "A field is missing or wrong, or nothing is drawn."},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"image": {"type": "string", "format": "binary"}},
                    "required": ["image"],
                }
            },
            "application/json": {
                "schema": PictureIn.model_json_schema(),
                "examples": {
                    "a 1": {"value": {"pixels": [[0] * 13 + [255, 255] + [0] * 13] * 28}},
                },
            },
        },
    }
}
