"""What `kubectl kustomize` makes of a folder, for the few features that deploy/k8s uses.

kubectl is on neither PyPI nor npm, and Debian 12 has one of 2020 (1.20). So the manifests keep to
`resources`, `namespace`, `images` and `patches` by strategic merge, and whatever else stands in a
kustomization is an error here. Where kubectl is on the PATH, `__main__` compares the two.
"""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

Manifest = dict[str, Any]

KNOWN: Final = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}
CLUSTER_WIDE: Final = {"Namespace"}
KEYS: Final = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}
"""Lists whose items a patch finds by a key (the API's `patchMergeKey`); others are replaced."""


class KustomizeError(ValueError):
    """What cannot be built; the message names the file."""


def build(folder: Path) -> list[Manifest]:
    """All manifests of the folder, in no order that matters."""
    file = folder / "kustomization.yaml"
    wanted = yaml.safe_load(file.read_text(encoding="utf-8"))
    if unknown := wanted.keys() - KNOWN:
        raise KustomizeError(f"{file}: {', '.join(sorted(unknown))}: not among what is built here")
    found = [one for name in wanted["resources"] for one in _resource(folder / name)]
    for patch in wanted.get("patches", []):
        if patch.keys() != {"path"}:
            raise KustomizeError(f"{file}: a patch has a path, and names its target itself")
        for change in read(folder / patch["path"]):
            _patch(found, change, folder / patch["path"])
    for manifest in found:
        _place(manifest, wanted.get("namespace"))
        for image in wanted.get("images", []):
            _rename(manifest, image)
    if len({identity(one) for one in found}) != len(found):
        raise KustomizeError(f"{file}: two of the same kind and name")
    return found


def read(file: Path) -> list[Manifest]:
    """The documents of one file."""
    return [one for one in yaml.safe_load_all(file.read_text(encoding="utf-8")) if one]


def identity(manifest: Manifest) -> tuple[str, str, str]:
    """API version, kind, name."""
    return manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"]


def pods(manifest: Manifest) -> Iterator[Manifest]:
    """The pod's `spec` in a Deployment, StatefulSet or Job."""
    if "template" in manifest.get("spec", {}):
        yield manifest["spec"]["template"]["spec"]


def merged(old: Any, new: Any, name: str = "") -> Any:
    """`new` laid over `old`: maps key by key (null takes away), lists as `KEYS` says."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = {key: merged(old.get(key), value, key) for key, value in new.items()}
        return {key: value for key, value in {**old, **both}.items() if value is not None}
    if isinstance(old, list) and isinstance(new, list) and name in KEYS:
        key = KEYS[name]
        by_key = {item[key]: item for item in old}
        for item in new:
            by_key[item[key]] = merged(by_key.get(item[key]), item)
        return list(by_key.values())
    return copy.deepcopy(new)


def _resource(path: Path) -> list[Manifest]:
    return build(path) if path.is_dir() else read(path)


def _patch(found: list[Manifest], change: Manifest, file: Path) -> None:
    places = [place for place, one in enumerate(found) if identity(one) == identity(change)]
    if len(places) != 1:
        raise KustomizeError(f"{file}: {identity(change)} is not there to be patched")
    found[places[0]] = merged(found[places[0]], change)


def _place(manifest: Manifest, namespace: str | None) -> None:
    if namespace and manifest["kind"] not in CLUSTER_WIDE:
        manifest["metadata"]["namespace"] = namespace


def _rename(manifest: Manifest, image: Mapping[str, str]) -> None:
    for pod in pods(manifest):
        for container in pod["containers"]:
            name, _, tag = container["image"].partition(":")
            if name == image["name"]:
                new = image.get("newTag", tag)
                container["image"] = image.get("newName", name) + (f":{new}" if new else "")
