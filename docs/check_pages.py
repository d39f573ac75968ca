"""Look for what is broken in the built pages: python docs/check_pages.py FOLDER.

Links and anchors that lead nowhere, images without an alt attribute or a file, and
anything that a page would load from elsewhere. Links to other sites are not followed;
--external lists them.
"""

import argparse
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself when it opens a page.
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """The links of a page, the places that links can lead to, and what it fetches."""

    def __init__(self, path: Path):
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.fetched: list[str] = []
        self.without_alt: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        """Note what the tag refers to."""
        attributes = dict(attrs)
        self.anchors |= {attributes[key] for key in ("id", "name") if key in attributes}
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "link" and attributes.get("rel") in ("stylesheet", "preload", "icon"):
            self.fetched.append(attributes["href"])
        if tag in FETCHED and FETCHED[tag] in attributes:
            self.fetched.append(attributes[FETCHED[tag]])
        if tag == "img" and "alt" not in attributes:
            self.without_alt.append(attributes["src"])


def find_faults(folder: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Read all pages; return what is wrong, and the links to other sites."""
    files = [path for path in folder.rglob("*.html") if "_static" not in path.parts]
    pages = {path.resolve(): Page(path) for path in sorted(files)}
    faults, external = [], {}
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        faults += [f"{name}: no alt text for {image}" for image in page.without_alt]
        for link in page.fetched:
            if is_elsewhere(link):
                faults.append(f"{name}: loads {link}")
            elif not link.startswith("data:") and not resolve(path, link).is_file():
                faults.append(f"{name}: {link} is missing")
        for link in page.links:
            if is_elsewhere(link):
                external.setdefault(link, []).append(str(name))
                continue
            target, anchor = resolve(path, link), unquote(urlsplit(link).fragment)
            if target not in pages:
                if not target.is_file():
                    faults.append(f"{name}: {link} leads nowhere")
            elif anchor and anchor not in pages[target].anchors:
                faults.append(f"{name}: {link} has no such anchor")
    return faults, external


def is_elsewhere(link: str) -> bool:
    """Tell links to other sites from links within the pages."""
    return bool(urlsplit(link).netloc) or link.startswith("mailto:")


def resolve(page: Path, link: str) -> Path:
    """Find the file that a link of a page leads to."""
    within = unquote(urlsplit(link).path)
    return (page.parent / within).resolve() if within else page


def main() -> None:
    """Print the faults; the exit code says whether there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--external", action="store_true", help="list links elsewhere")
    options = parser.parse_args()
    faults, external = find_faults(options.folder)
    if options.external:
        for link, names in sorted(external.items()):
            print(f"{link}  ({', '.join(sorted(set(names))[:3])})")
    print("\n".join(faults) or f"no fault, {len(external)} links elsewhere")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
