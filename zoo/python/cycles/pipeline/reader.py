from pipeline.tree import Document, Element

WORDS = ["tide", "mark", "water", "harbour", "ship", "rope", "anchor", "chart", "light", "fog"]


def generate(dice):
    return [[dice.choice(WORDS) + str(dice.randrange(1000)) for _ in range(12)] for _ in range(dice.randrange(8, 20))]


def read(paragraphs):
    document = Document()
    for paragraph in paragraphs:
        section = Element("section", document.root)
        for word in paragraph:
            Element("word", section).words.append(word)
    return document
