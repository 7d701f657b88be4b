"""Several devices or machines that learn together, through TensorFlow's own ``tf.distribute``.

The step is ours: ``fit`` of Keras 3.15 fails with MultiWorkerMirroredStrategy, since it cannot convert the parts of a
batch to a tensor. Each batch is cut into equal parts, one for each device; gradients are summed over all of them, so
the weights stay the same everywhere. Normalisation's statistics are each device's own and evened out after an epoch.
Beside ``export`` the one module that wants TensorFlow by name.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from recognizer.domain.errors import BadParameters
from recognizer.domain.phrases import phrase
from recognizer.training.cluster import cluster_of
from recognizer.training.learner import Learner
from recognizer.training.progress import Progress, TrainingFailed

GONE = phrase("Another machine of this training is gone, or can't be reached any more. Start it again on all of them.")


@cache
def shared_learner(strategy: str) -> SharedLearner:
    """The one learner of this process: TensorFlow lets machines meet once. Raises BadParameters."""
    if keras.backend.backend() != "tensorflow":
        raise BadParameters(
            phrase(
                "--strategy is TensorFlow's, but Keras runs on {backend} here: unset KERAS_BACKEND, or leave"
                " --strategy out.",
                backend=keras.backend.backend(),
            )
        )
    if strategy == "mirrored":
        return SharedLearner(tf.distribute.MirroredStrategy(), chief=True)
    chief = cluster_of(os.environ).chief
    try:
        return SharedLearner(tf.distribute.MultiWorkerMirroredStrategy(), chief=chief)
    except tf.errors.OpError as error:
        raise TrainingFailed(
            phrase("The machines named in TF_CONFIG did not meet: is each started, and reachable?")
        ) from error


class SharedLearner(Learner):
    """Learns on all devices of a ``tf.distribute.Strategy``."""

    def __init__(self, strategy: Any, chief: bool) -> None:
        self._strategy, self.chief, self.replicas = strategy, chief, int(strategy.num_replicas_in_sync)
        self._copy: Any = None
        self._traced: tuple[Any, Any] = (None, None)

    def scope(self) -> AbstractContextManager[Any]:
        scope: AbstractContextManager[Any] = self._strategy.scope()
        return scope

    def agree(self, words: str) -> None:
        digest = int.from_bytes(hashlib.sha256(words.encode()).digest()[:7])
        own = self._strategy.experimental_distribute_values_from_function(lambda _: tf.constant([digest], tf.int64))
        if len(set(self._strategy.gather(own, axis=0).numpy().tolist())) > 1:
            raise TrainingFailed(
                phrase("The machines were told different things: give each the same parameters and data.")
            )

    def learn(
        self, model: Any, pictures: NDArray[np.uint8], wanted: NDArray[Any], size: int, progress: Progress
    ) -> tuple[float, float]:
        if self._traced[0] is not model.optimizer:
            with self.scope():
                model.optimizer.build(model.trainable_variables)
            self._traced = model.optimizer, self._step(model)
        step = self._traced[1]
        told: list[tuple[float, float]] = []
        try:
            for batch in self._batches(pictures, wanted, size):
                loss, right = (float(figure) for figure in step(batch))
                told.append((loss, right))
                progress.on_train_batch_end(len(told) - 1, {"loss": loss})
            self._even_out(model)
            # As ``fit`` does after an epoch: the weights become their average, where there is one.
            model.optimizer.finalize_variable_values(model.trainable_variables)
        except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.InternalError) as error:
            raise TrainingFailed(GONE) from error
        loss, right = np.mean(told, axis=0)
        return float(loss), float(right)

    def plain(self, model: Any) -> Any:
        # Rebuilt outside the scope: a network within it would predict on all machines at once.
        if self._copy is None or self._copy.name != model.name:
            self._copy = keras.models.clone_model(model)
        self._copy.set_weights(model.get_weights())
        return self._copy

    def _step(self, model: Any) -> Any:
        loss_of = keras.losses.get(model.loss)
        sparse = model.loss.startswith("sparse")

        def on_one(pictures: Any, wanted: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                answers = model(pictures, training=True)
                loss = tf.reduce_mean(loss_of(wanted, answers))
                # Gradients are summed over the devices.
                share = loss / self.replicas
            weights = model.trainable_variables
            model.optimizer.apply_gradients(zip(tape.gradient(share, weights), weights, strict=True))
            labels = tf.cast(wanted, tf.int64) if sparse else tf.argmax(wanted, axis=1)
            return loss, tf.reduce_mean(tf.cast(tf.argmax(answers, axis=1) == labels, tf.float32))

        @tf.function  # type: ignore[untyped-decorator]
        def step(batch: Any) -> Any:
            return [self._mean(figure) for figure in self._strategy.run(on_one, args=batch)]

        return step

    def _mean(self, figure: Any) -> Any:
        """The same on every machine, so that all of them stop where one would."""
        return self._strategy.reduce(tf.distribute.ReduceOp.MEAN, figure, axis=None)

    def _batches(self, pictures: NDArray[np.uint8], wanted: NDArray[Any], size: int) -> Any:
        """Batches cut into equal parts; what is left at the end of an epoch is too little for all, and stays out."""
        part = min(size, len(pictures)) // self.replicas
        if not part:
            raise BadParameters(
                phrase(
                    "A batch of {size} cannot be shared by {replicas} devices: give --batch-size.",
                    size=size,
                    replicas=self.replicas,
                )
            )
        steps = len(pictures) // (part * self.replicas)

        def own(machine: Any) -> Any:
            here = self.replicas // machine.num_input_pipelines
            first = machine.input_pipeline_id * here

            def cut(whole: NDArray[Any]) -> NDArray[Any]:
                parts = whole[: steps * self.replicas * part].reshape(steps, self.replicas, part, *whole.shape[1:])
                return parts[:, first : first + here].reshape(steps * here, part, *whole.shape[1:])

            return tf.data.Dataset.from_tensor_slices((cut(pictures), cut(wanted))).prefetch(tf.data.AUTOTUNE)

        return self._strategy.distribute_datasets_from_function(own)

    def _even_out(self, model: Any) -> None:
        """Give every device the mean of what each measured by itself: the statistics of normalisation."""
        own = [weight for weight in model.non_trainable_weights if weight.dtype == "float32"]
        measured = tf.function(lambda: self._strategy.run(lambda: [tf.identity(weight.value) for weight in own]))
        for weight, values in zip(own, measured() if own else (), strict=True):
            weight.assign(self._mean(values))
