"""Keeps pictures with Keepsake, for one of your users, with nothing but Python's standard library:

    KEEPSAKE_API_URL=... KEEPSAKE_SERVICE_KEY=ks_... GENERATOR_URL=... python3 main.py

GENERATOR_URL answers with the URL of a new picture, which expires soon; here it takes the place of your
call of Replicate, fal or OpenAI.
"""

import base64
import hashlib
import json
import os
import urllib.parse
import urllib.request


def keepsake(method, path, body=None, owner="alice"):
    """Calls the API for the user `owner`, and returns the answer. Raises HTTPError when it is refused."""
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
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def download(url):
    with urllib.request.urlopen(url) as response:
        return response.read()


def keep_url(url):
    """A picture that a generator hands out as a URL."""
    source = {"platform": "url", "url": url}
    return keepsake("POST", "/rehosts?wait", {"source": source})["image"]


def keep_bytes(data, filename):
    """A picture of up to 4 MB that you have as bytes."""
    encoded = base64.b64encode(data).decode()
    return keepsake("POST", "/images", {"image_base64": encoded, "filename": filename})["image"]


def upload(data, filename, content_type):
    """A picture of any size: request a URL, PUT the file to it, complete the upload."""
    declared = {
        "content_type": content_type,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "filename": filename,
    }
    presigned = keepsake("POST", "/uploads", declared)
    put = urllib.request.Request(
        presigned["url"], method="PUT", data=data, headers=presigned["headers"]
    )
    urllib.request.urlopen(put).close()
    return keepsake("POST", f"/uploads/{presigned['upload_id']}/complete")["image"]


if __name__ == "__main__":
    generated_url = download(os.environ["GENERATOR_URL"]).decode().strip()
    kept = keep_url(generated_url)
    print(f"Kept the URL as {kept['url']}")
    picture = download(kept["url"])
    print(f"Kept the bytes as {keep_bytes(picture, 'portrait.png')['url']}")
    print(f"Uploaded them as {upload(picture, 'portrait.png', 'image/png')['url']}")
