"""What can be exported. A new document is one file here with a Document in it, and one line below. Imported on use."""

from importlib import import_module

from handoff.errors import UnknownDocumentError
from handoff.exports.documents.base import Document

DOCUMENTS = {
    "source-pdf": "handoff.exports.documents.source_pdf:SourcePdf",
    "call-report": "handoff.exports.documents.call_report:CallReport",
}


def document(name: str) -> Document:
    """The document of that name. Raises UnknownDocumentError naming the known ones."""
    if name not in DOCUMENTS:
        raise UnknownDocumentError(f"There is no document of that name. Known: {', '.join(DOCUMENTS)}.")
    module, _, attribute = DOCUMENTS[name].partition(":")
    found: Document = getattr(import_module(module), attribute)()
    return found
