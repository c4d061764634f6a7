"""The parsed document: elements know their parent, parents know their children."""


class Element:
    def __init__(self, name, parent):
        self.name = name
        self.parent = parent
        self.children = []
        self.words = []
        if parent is not None:
            parent.children.append(self)


class Document:
    def __init__(self):
        self.root = Element("document", None)
        self.root.owner = self
        self.closed = False

    def __del__(self):
        self.closed = True
