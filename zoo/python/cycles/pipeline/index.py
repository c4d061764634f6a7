"""How often each word was seen: a table of a fixed set of words."""

_counts = {}
_vocabulary = []


def load_vocabulary():
    for stem in ("tide", "mark", "water", "harbour", "ship", "rope", "anchor", "chart", "light", "fog"):
        for number in range(1000):
            _counts[stem + str(number)] = 0
    for number in range(40_000):
        _vocabulary.append({"word": "word-%05d" % number, "meanings": ["first", "second", str(number)]})


def add(document):
    for section in document.root.children:
        for element in section.children:
            for word in element.words:
                _counts[word] += 1
