"""Evaluates XPath 1.0 expressions with libxml2: reads [[document, namespaces, expression], …] as JSON, writes the answers."""
import json
import sys

from lxml import etree

PARSER = etree.XMLParser(remove_comments=True, resolve_entities=False)


def said(value):
    if isinstance(value, bool):
        return ["boolean", value]
    if isinstance(value, float):
        if value != value:
            return ["number", "NaN"]
        if value in (float("inf"), float("-inf")):
            return ["number", "Infinity" if value > 0 else "-Infinity"]
        return ["number", repr(value + 0.0)]
    if isinstance(value, str):
        return ["string", value]
    nodes = []
    for node in value:
        if isinstance(node, str):
            nodes.append(["text", str(node)])
        elif node.getparent() is None:
            nodes.append(["element", "data"])
        else:
            nodes.append(["element", node.getroottree().getpath(node)])
    return ["nodes", nodes]


def answer(document, namespaces, expression):
    root = etree.fromstring(document.encode(), PARSER)
    try:
        return said(root.xpath(expression, namespaces=namespaces))
    except etree.XPathError as error:
        return ["error", str(error)]


json.dump([answer(*question) for question in json.load(sys.stdin)], sys.stdout)
