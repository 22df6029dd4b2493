"""Makes a dataset of a folder of pictures and downloads it as a model's trainer reads it, with Python's standard library:

    KEEPSAKE_API_URL=... KEEPSAKE_SERVICE_KEY=ks_... python3 main.py FOLDER [LAYOUT] [TRIGGER_WORD]

A caption is the .txt file beside a picture, or its line in FOLDER/metadata.jsonl: {"file_name": "a.png", "text": "..."}.
LAYOUT is pairs (the default), kohya, imagefolder or control, for which FOLDER/control/ has a picture of each name.
The zips are written beside FOLDER. Run it again after a change: it changes the set of the folder's name, and stores no
picture twice. It removes nothing: a picture or caption that you delete from FOLDER is in the set until you remove it there.
"""

import base64
import hashlib
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

TYPES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".avif": "avif"}


def keepsake(method, path, body=None, owner="alice"):
    """Calls the API for the user `owner`, and returns the answer. Ends the program when it is refused."""
    request = urllib.request.Request(
        os.environ["KEEPSAKE_API_URL"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "authorization": f"Bearer {os.environ['KEEPSAKE_SERVICE_KEY']}",
            "keepsake-owner": urllib.parse.quote(owner, safe=""),
            "content-type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)
    except urllib.error.HTTPError as refused:
        seconds = int(refused.headers["retry-after"] or 0)
        if not 0 < seconds <= 300:
            sys.exit(f"{method} {path}: {json.load(refused)['error']['message']}")
    time.sleep(seconds)
    return keepsake(method, path, body, owner)


def upload(path):
    """The id of the user's published image of this file: the one that there is, or a new one."""
    data = path.read_bytes()
    about = {"filename": path.name, "visibility": "private", "reuse": True}
    if len(data) <= 4_000_000:  # as many as one request takes
        about["image_base64"] = base64.b64encode(data).decode()
        return keepsake("POST", "/images", about)["image"]["image_id"]
    sha256, content_type = hashlib.sha256(data).hexdigest(), f"image/{TYPES[path.suffix.lower()]}"
    presigned = keepsake("POST", "/uploads", {"content_type": content_type, "size": len(data), "sha256": sha256, **about})
    if "image" in presigned:
        return presigned["image"]["image_id"]
    urllib.request.urlopen(urllib.request.Request(presigned["url"], data, presigned["headers"], method="PUT")).close()
    return keepsake("POST", f"/uploads/{presigned['upload_id']}/complete")["image"]["image_id"]


def dataset_named(name, trigger_word, cursor=""):
    """The set of this name, or a new one. Without a trigger word it keeps the one that it has."""
    fields = {"name": name, **({"trigger_word": trigger_word} if trigger_word else {})}
    page = keepsake("GET", f"/datasets?{cursor}")
    for dataset in page["datasets"]:
        if dataset["name"] == name:
            return keepsake("PATCH", f"/datasets/{dataset['dataset_id']}", fields)["dataset"]
    if page["next_cursor"]:
        return dataset_named(name, trigger_word, f"cursor={page['next_cursor']}")
    return keepsake("POST", "/datasets", fields)["dataset"]


def captions_of(folder):
    """The captions in a folder, by the file name of their picture or by its name without the extension."""
    captions = {path.stem: path.read_text("utf-8-sig").strip() for path in folder.glob("*.txt")}
    metadata = folder / "metadata.jsonl"
    lines = metadata.read_text("utf-8-sig").split("\n") if metadata.exists() else []
    captions.update((line["file_name"], line.get("text")) for line in map(json.loads, filter(str.strip, lines)))
    return captions


def items_of(folder):
    """The pictures of a folder with their captions and control pictures. A picture that it has twice is one item."""
    pictures = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in TYPES]
    controls = [path for path in (folder / "control" / path.name for path in pictures) if path.exists()]
    sha256 = {path: hashlib.sha256(path.read_bytes()).digest() for path in [*pictures, *controls]}
    unique = {digest: path for path, digest in sha256.items()}  # two threads would store a picture twice
    with ThreadPoolExecutor(4) as threads:
        image_ids = dict(zip(unique, threads.map(upload, unique.values())))
    captions, items = captions_of(folder), {}
    for name in sorted(captions.keys() - {name for path in pictures for name in (path.name, path.stem)}):
        print(f"There is a caption but no picture: {name}")
    for path in pictures:
        fields = {
            "image_id": image_ids[sha256[path]],
            "caption": captions.get(path.name) or captions.get(path.stem),
            "control_image_id": image_ids.get(sha256.get(folder / "control" / path.name)),
        }
        item = {field: value for field, value in fields.items() if value}  # what is not sent stays
        items[item["image_id"]] = {**item, **items.get(item["image_id"], {})}
    return list(items.values())


def export(dataset_id, layout):
    """The export when its files are ready. Of a set that did not change, it is the one that is ready already."""
    exported = keepsake("POST", f"/datasets/{dataset_id}/exports", {"layout": layout})["export"]
    while exported["status"] == "pending":
        time.sleep(2)
        exported = keepsake("GET", f"/exports/{exported['export_id']}")["export"]
    if exported["status"] == "failed":
        sys.exit(f"The export failed: {exported['error']['message']}")
    return exported


def download(file, folder):
    """Writes a zip, whatever its size, and checks that it arrived whole."""
    path = folder / file["filename"]
    sha256 = hashlib.sha256()
    with urllib.request.urlopen(file["url"]) as response, open(path, "wb") as written:
        while chunk := response.read(1_000_000):
            sha256.update(chunk)
            written.write(chunk)
    if sha256.hexdigest() != file["sha256"]:
        sys.exit(f"{path} did not arrive whole: run this again")
    return path


def main(folder, layout="pairs", trigger_word=None):
    folder = pathlib.Path(os.environ.get("INIT_CWD", ""), folder).resolve()  # npm runs this elsewhere
    if not folder.is_dir():
        sys.exit(f"There is no folder {folder}")
    items = items_of(folder)
    dataset = dataset_named(folder.name, trigger_word)
    for batch in (items[first : first + 200] for first in range(0, len(items), 200)):
        dataset = keepsake("PUT", f"/datasets/{dataset['dataset_id']}/items", {"items": batch})["dataset"]
    print(f"{dataset['name']} has {dataset['item_count']} pictures, {len(items)} of them from {folder}")
    for warning in dataset["warnings"]:
        print(f"Warning: {warning['code']} ({warning['count']})")
    for file in export(dataset["dataset_id"], layout)["files"]:
        print(f"Downloaded {download(file, folder.parent)}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Name a folder of pictures: main.py FOLDER [LAYOUT] [TRIGGER_WORD]")
    main(*sys.argv[1:4])
