"""What a browser without scripts sends for a form that nobody has touched."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    def __init__(self, action):
        super().__init__()
        self.action, self.fields = action, {}
        self.inside = False
        self.area = self.select = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("action") == self.action
        if not self.inside:
            return
        name, value = given.get("name"), given.get("value") or ""
        if tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.fields[name] = value
        elif tag == "textarea":
            self.area = name
            self.fields[name] = ""
        elif tag == "select":
            self.select = name
        elif (
            tag == "option"
            and self.select
            and ("selected" in given or self.select not in self.fields)
        ):
            self.fields[self.select] = value

    def handle_data(self, words):
        if self.area:
            self.fields[self.area] += words

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.area:
            self.fields[self.area] = self.fields[self.area].removeprefix("\n")
            self.area = None
        elif tag == "select":
            self.select = None


def fields_of(html, action):
    """The fields of the form that goes to this address, with what stands in them."""
    form = _Form(action)
    form.feed(html)
    assert form.fields, f"no form goes to {action}"
    return form.fields
