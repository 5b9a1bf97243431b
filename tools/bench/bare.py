"""The route to compare with: FastAPI answering a small JSON object, and nothing else."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def bare() -> dict[str, str]:
    """Answer."""
    return {"label": "Builds"}
