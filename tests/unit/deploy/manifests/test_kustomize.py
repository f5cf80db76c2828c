"""Our builder of kustomize, on small folders, and that it refuses what it does not know."""

from pathlib import Path

import pytest

from deploy.manifests.kustomize import KustomizeError, Manifest, build, merged

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: one, B: two}\n"
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  template:
    spec:
      containers:
        - {name: main, image: postroom}
        - {name: beside, image: "other:1"}
"""


def folder(path: Path, kustomization: str, **files: str) -> Path:
    path.mkdir()
    (path / "kustomization.yaml").write_text(kustomization, encoding="utf-8")
    for name, text in files.items():
        (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return path


def overlay(path: Path, rest: str, **files: str) -> list[Manifest]:
    folder(path / "base", "resources: [map.yaml, job.yaml]", map=MAP, job=JOB)
    return build(folder(path / "over", f"resources: [../base]\n{rest}", **files))


def test_a_base_comes_with_everything_in_it(tmp_path: Path) -> None:
    assert [one["kind"] for one in overlay(tmp_path, "")] == ["ConfigMap", "Job"]


def test_a_namespace_is_set_everywhere(tmp_path: Path) -> None:
    built = overlay(tmp_path, "namespace: postroom")

    assert {one["metadata"]["namespace"] for one in built} == {"postroom"}


def test_a_patch_changes_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    patch = MAP.replace("A: one, B: two", "B: three")

    built = overlay(tmp_path, "patches: [{path: patch.yaml}]", patch=patch)

    assert built[0]["data"] == {"A": "one", "B": "three"}


def test_a_patch_of_nothing_is_refused(tmp_path: Path) -> None:
    patch = MAP.replace("settings", "elsewhere")

    with pytest.raises(KustomizeError, match="elsewhere"):
        overlay(tmp_path, "patches: [{path: patch.yaml}]", patch=patch)


def test_an_image_gets_its_place_and_tag_and_others_keep_theirs(tmp_path: Path) -> None:
    images = "images: [{name: postroom, newName: example.com/postroom, newTag: '2'}]"

    built = overlay(tmp_path, images)

    containers = built[1]["spec"]["template"]["spec"]["containers"]
    assert [one["image"] for one in containers] == ["example.com/postroom:2", "other:1"]


def test_a_feature_that_is_not_built_here_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KustomizeError, match="namePrefix"):
        overlay(tmp_path, "namePrefix: x-")


def test_two_of_the_same_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KustomizeError, match="two of the same"):
        build(folder(tmp_path / "twice", "resources: [a.yaml, b.yaml]", a=MAP, b=MAP))


def test_lists_with_a_key_are_merged_and_others_are_replaced() -> None:
    old = {"containers": [{"name": "a", "image": "1", "args": ["x"]}, {"name": "b"}]}
    new = {"containers": [{"name": "a", "args": ["y", "z"]}, {"name": "c"}]}

    both = merged(old, new)

    assert both == {
        "containers": [
            {"name": "a", "image": "1", "args": ["y", "z"]},
            {"name": "b"},
            {"name": "c"},
        ]
    }


def test_null_takes_away() -> None:
    assert merged({"a": 1, "b": 2}, {"a": None}) == {"b": 2}
