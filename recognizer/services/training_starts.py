"""What a training run is told by name, found and checked: data, start, model's name; runs queued for a worker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from accounts.models import User
from recognizer.domain.errors import BadDataSet, BadModel, BadParameters
from recognizer.domain.phrases import phrase
from recognizer.domain.types import ModelKind
from recognizer.models import DataSet, ModelVersion, TrainingRun
from recognizer.selectors import model_by_name, models_all, serving_models
from recognizer.services.dataset_files import dataset_here, dataset_path
from recognizer.services.model_files import model_directory
from recognizer.services.model_sharing import model_folder
from recognizer.services.registry import name_check, version_next
from recognizer.services.sample_selection import corrections_parameters
from recognizer.services.training_leftovers import has_checkpoint, run_folder
from recognizer.services.training_rows import ALIVE, run_create
from recognizer.training.datasets import sha256_of
from recognizer.training.parameters import TrainingParameters
from recognizer.training.presets import ARCHITECTURES

KERAS_FILE = "model.keras"
State = TrainingRun.State
ENDED = (State.FAILED, State.CANCELLED, State.LOST)


def training_run_enqueue(
    *,
    parameters: dict[str, Any],
    data_set: DataSet,
    name: str = "",
    init: str = "",
    include_corrections: bool = False,
    started_by: User | None = None,
) -> TrainingRun:
    """Queue a run for a background worker.

    ``parameters`` are those of ``recognizer.training`` (``architecture`` is wanted, what is left out comes from its
    preset); what lies in files is told by name: the ``data_set``, and ``init``, a registered model to start from.
    ``include_corrections``: people's samples are collected when it begins.
    Without a ``name`` the model gets its kind and next version. Raises BadParameters, BadDataSet or BadModel with a
    sentence; nothing is queued then.
    """
    architecture = ARCHITECTURES.get(str(parameters.get("architecture")))
    kind = architecture.kind if architecture else ModelKind.DIGIT.value
    given = {key: value for key, value in parameters.items() if value not in (None, "")}
    if include_corrections:
        given = corrections_parameters(given, teach_serving=False)
    given |= {**name_and_version(kind, name), "beside": beside_of(kind)}
    TrainingParameters.from_json(given)  # the person's own mistakes before those of files
    data_check(data_set)
    given |= {"data": str(dataset_path(data_set)), "init": _start_of(init, given["architecture"])}
    checked = TrainingParameters.from_json(given)
    return run_create(parameters=checked, data_set=data_set, started_by=started_by, by_worker=True)


def training_run_go_on(*, run: TrainingRun, started_by: User | None = None) -> TrainingRun:
    """Queue a new run that goes on from an unfinished one's last checkpoint or, where it left none, starts again.

    Raises BadParameters with a sentence where it is done, still lives, or another one goes on from it already.
    """
    if run.state not in ENDED:
        raise BadParameters(phrase("Only a training that failed, was cancelled or lost can go on."))
    resumes = has_checkpoint(run_folder(run))
    parameters = TrainingParameters.from_json({**parameters_here(run), "resume": resumes})
    if run.data_set is not None:
        data_check(run.data_set)
    return run_create(
        parameters=parameters_with_free_name(parameters),
        folder=(run.folder or str(run.id)) if resumes else "",
        resumes=run if resumes else None,
        data_set=run.data_set,
        started_by=started_by,
        by_worker=True,
    )


def data_check(row: DataSet) -> None:
    """Raises BadDataSet where a set is not to be trained on, or its file is gone or not what was registered."""
    if row.role != row.Role.TRAIN:
        raise BadDataSet(
            phrase(
                "{name} is registered to {role}, so nothing is trained on it.",
                name=row.name,
                role=row.get_role_display().lower(),
            )
        )
    path = dataset_here(row)
    try:
        same = sha256_of(path) == row.sha256
    except OSError as error:
        raise BadDataSet(phrase("There is no data set at {path}.", path=path)) from error
    if not same:
        raise BadDataSet(phrase("{name} has changed since it was registered.", name=row.name))


def name_and_version(kind: str, name: str = "") -> dict[str, Any]:
    """The name and version of the model that a run will make; what other runs will make is left to them.

    Raises BadModel where the name is taken.
    """
    living = TrainingRun.objects.filter(state__in=ALIVE).values_list("kind", "parameters")
    versions = [int(told.get("version", 0)) for of, told in living if of == kind]
    version = max([version_next(ModelKind(kind)), *(known + 1 for known in versions)])
    if name:
        name_check(name)
        if name in {told.get("name") for _, told in living}:
            raise BadModel(
                phrase("A training that waits or runs will make a model named {name}; choose another name.", name=name)
            )
    return {"name": name or f"{kind}-{version}", "version": version}


def parameters_with_free_name(parameters: TrainingParameters) -> TrainingParameters:
    """The same, but for an automatic name that was taken while the run waited. Raises BadModel for another taken one:
    now, and not after hours of training.
    """
    kind = parameters.kind
    if not ModelVersion.objects.filter(name=parameters.name).exists():
        return parameters
    if parameters.name != f"{kind}-{parameters.version}":
        name_check(parameters.name)
    return replace(parameters, **name_and_version(kind))


def parameters_here(run: TrainingRun) -> dict[str, Any]:
    """A run's parameters with the paths that its data and the model to start from have on this machine: another one may
    have queued it. Raises BadDataSet or BadModel where one of them is not to be had here.
    """
    told: dict[str, Any] = dict(run.parameters)
    if run.data_set is not None:
        told["data"] = str(dataset_here(run.data_set))
    start = model_by_name(Path(told["init"]).parent.name) if told.get("init") else None
    if start is not None:
        told["init"] = str(model_folder(start) / KERAS_FILE)
    return told


def beside_of(kind: str) -> str | None:
    """The folder of the digit model that serves: a line network learns how far to trust what they agree on."""
    if kind != ModelKind.NUMBER:
        return None
    serving = next((model for model in serving_models() if model.kind == ModelKind.DIGIT), None)
    return str(model_folder(serving)) if serving else None


def models_to_start_from() -> list[ModelVersion]:
    """The registered models whose weights a training can start from, newest of each kind first."""
    return [model for model in models_all() if (model_directory(model.name) / KERAS_FILE).is_file()]


def _start_of(name: str, architecture: str) -> str | None:
    """The ``.keras`` file of a registered model. Raises BadModel where there is none, or it is another network's."""
    if not name:
        return None
    model = model_by_name(name)
    path = model_folder(model) / KERAS_FILE if model else None
    if model is None or path is None or not path.is_file():
        raise BadModel(phrase("There is no model {name} with a .keras file to start from.", name=name))
    if model.architecture != architecture:
        raise BadModel(
            phrase(
                "{name} is a {architecture}; a {wanted} cannot start from its weights.",
                name=name,
                architecture=model.architecture,
                wanted=architecture,
            )
        )
    return str(path)
