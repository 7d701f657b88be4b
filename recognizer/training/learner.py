"""Who learns an epoch: this process alone. ``strategies`` has those who share the work."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recognizer.training.progress import Progress


class Learner:
    """Learns with Keras's own loop, on whatever device the backend chose."""

    chief = True
    """Whether this process writes checkpoints and judges for all; the others only learn."""
    replicas = 1
    """Devices, on all machines together, that learn a part of each batch."""

    def scope(self) -> AbstractContextManager[Any]:
        """Within it, networks and optimisers are made or loaded."""
        return nullcontext()

    def agree(self, words: str) -> None:
        """Raise TrainingFailed where another machine of this training was told otherwise."""

    def learn(
        self, model: Any, pictures: NDArray[np.uint8], wanted: NDArray[Any], size: int, progress: Progress
    ) -> tuple[float, float]:
        """Learn pictures, (n, 28, 28, 1), and what is wanted of them, in batches of ``size``, in this order.

        Returns the mean loss and the accuracy. Raises TrainingFailed.
        """
        fitted = model.fit(
            pictures, wanted, batch_size=size, epochs=1, shuffle=False, verbose=0, callbacks=[progress]
        ).history
        return float(fitted["loss"][-1]), float(fitted["accuracy"][-1])

    def plain(self, model: Any) -> Any:
        """A network with the model's weights as they are now, to judge and to save."""
        return model
