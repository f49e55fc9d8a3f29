"""The owner's pages: the business at a glance, its documents, and a test question."""

import socket

import pytest

TABLE = b"question,answer\nDo you thaw frozen pipes?,Yes. Thawing a frozen pipe is $189.\n"
LONGER = TABLE + b"Do you insulate pipes?,Insulating a crawl space is $410.\n"


def outcome(answered):
    assert answered.status_code == 200, answered.text
    return answered.json()["outcomes"][0]["words"]


def shown_names(html):
    return {name for name in ("faq.csv", "policies.md", "prices.csv") if f"<b>{name}</b>" in html}


def test_the_business_is_seen_at_a_glance_by_all_who_work_there(sam):
    seen = sam.sees("/business")

    for words in (
        "Alder Creek Plumbing", "(303) 555-0140", "120 Alder St", "America/Denver", "Saturday", "9 AM to 1 PM",
        "Drain cleaning", "$149", "Takes 1 h 30 min. 30 min kept free after", "Mia Torres", "technician", "80301",
        "van-1 (Mia Torres)", "signs in as mia (owner)", "An owner's login can change this", 'href="/business/calendars"',
    ):  # fmt: skip
        assert words in seen, words


def test_a_sparse_business_says_what_is_missing(nora):
    seen = nora.sees("/business")

    assert "No services yet" in seen
    assert "No address yet" in seen
    assert "nobody is texted in an emergency" in seen


def test_an_upload_is_in_use_for_the_next_caller_then_replaced_then_removed(two_businesses, mia):
    caller = "+17205550711"
    question = "do you thaw frozen pipes?"
    assert "$189" not in mia.asks(question)

    assert outcome(mia.uploads(("winter.csv", TABLE))) == "winter.csv: 1 passage, in use now"
    assert "Thawing a frozen pipe is $189." in mia.sees("/business/documents/winter.csv")
    assert "Yes. Thawing a frozen pipe is $189." in mia.asks(question)
    two_businesses.text(question, caller=caller)
    assert "$189" in two_businesses.replied(1, to=caller)[0]

    same, more = mia.uploads(("winter.csv", TABLE)), mia.uploads(("winter.csv", LONGER))
    assert outcome(same) == "winter.csv: the same file as before, 1 passage, in use"
    assert outcome(more) == "winter.csv: replaced, 1 passage more, 2 in use now"
    fewer = mia.uploads(("winter.csv", TABLE))
    assert outcome(fewer) == "winter.csv: replaced, 1 passage fewer, 1 in use now"

    gone = mia.sends("/business/documents/winter.csv/remove")
    assert gone.status_code == 303
    assert "winter.csv is removed" in mia.sees("/business/documents")
    assert 'href="/business/documents/winter.csv"' not in mia.sees("/business/documents/list")
    assert "$189" not in mia.asks(question)


def test_several_files_are_judged_one_by_one_on_a_page_without_script(mia):
    answered = mia.sends(
        "/business/documents",
        files=[
            ("documents", ("notes.md", b"# Parking\n\nPark in the alley.")),
            ("documents", ("hours.txt", b"We thaw pipes.")),
            ("documents", ("prices.xls", b"x")),
            ("documents", ("broken.csv", b"price,amount\n1,2\n")),
            ("documents", ("..hidden.txt", b"x")),
            ("documents", ("long.txt", b"x" * (10 * 1024**2 + 1))),
        ],
    )

    assert answered.status_code == 200
    for words in (
        "notes.md: 1 passage, in use now", "hours.txt: 1 passage, in use now", "prices.xls: this kind of file cannot be read",
        "broken.csv: row 1: no column named question or answer", "this name cannot be used", "long.txt: larger than 10 MB",
    ):  # fmt: skip
        assert words in answered.text, words
    for name in ("notes.md", "hours.txt"):
        mia.sends(f"/business/documents/{name}/remove")


def test_nothing_chosen_is_said(mia):
    assert "Choose a file first." in mia.sends("/business/documents").text


def test_a_path_in_a_name_is_cut_off_and_words_are_escaped(mia):
    name = "a & <b>.md"
    assert outcome(mia.uploads((f"C:\\files\\{name}", b"<script>alert(1)</script> & more")))

    listed = mia.sees("/business/documents")
    assert "a &amp; &lt;b&gt;.md" in listed
    page = mia.sees("/business/documents/a%20%26%20%3Cb%3E.md")
    assert "<script>alert" not in page
    mia.sends("/business/documents/a%20%26%20%3Cb%3E.md/remove")


def test_a_long_document_is_paged_and_a_passage_is_found_on_its_page(mia):
    rows = "".join(f"What is part {n}?,Part {n} is a valve.\n" for n in range(205))
    outcome(mia.uploads(("parts.csv", f"id,question,answer\n{_with_ids(rows)}".encode())))
    mia.sees("/business/documents/parts.csv")

    last = mia.sees("/business/documents/parts.csv?part=3")
    passage = last.partition('data-testid="passage"')[0].rpartition('id="')[2].partition('"')[0]

    assert "Part 3 of 3" in last
    assert last.count('data-testid="passage"') == 5
    assert "Part 3 of 3" in mia.sees(f"/business/documents/parts.csv?passage={passage}")
    mia.sends("/business/documents/parts.csv/remove")


def _with_ids(rows):
    return "".join(f"{n},{row}\n" for n, row in enumerate(rows.splitlines()))


def test_a_question_without_an_answer_goes_to_a_person(mia):
    seen = mia.asks("do you tune pianos?")

    assert "The agent would pass this to a person" in seen
    assert "passed your question to a person" in seen


def test_what_comes_before_an_answer_is_said(mia):
    seen = mia.asks("water is pouring everywhere")

    assert "These words are an emergency" in seen


def test_advertising_is_shown_as_left_out(mia):
    text = b"question,answer\nDo you fix gutters?,Gutters are $75. Book now and save 20% today!\n"
    outcome(mia.uploads(("gutters.csv", text)))

    seen = mia.asks("do you fix gutters?")

    assert "Left out, since it reads like advertising" in seen
    assert "Gutters are $75.</p>" in seen
    mia.sends("/business/documents/gutters.csv/remove")


def test_an_empty_question_is_refused_in_words(mia):
    answered = mia.sends(
        "/business/documents/ask", {"question": " "}, headers={"HX-Request": "true"}
    )

    assert answered.status_code == 400
    assert answered.text.strip() == '<p class="problem" role="alert">Type a question first.</p>'


def test_staff_look_and_ask_but_change_nothing(sam):
    seen = sam.sees("/business/documents")
    assert "faq.csv" in seen
    assert "Only an owner" in seen
    assert 'type="file"' not in seen
    assert "$149" in sam.asks("price of a drain cleaning?")  # fmt: skip

    refused = [sam.uploads(("winter.csv", TABLE)), sam.sends("/business/documents/faq.csv/remove")]

    assert [one.status_code for one in refused] == [403, 403]
    assert "Only an owner" in refused[0].json()["detail"]
    assert "faq.csv" in sam.sees("/business/documents/list")


def test_forms_of_another_site_are_refused(mia, visit):
    forged = visit()
    forged.http.cookies.update(mia.http.cookies)

    refused = [
        forged.uploads(("winter.csv", TABLE)),
        forged.sends("/business/documents/faq.csv/remove"),
        forged.sends("/business/documents/ask", {"question": "hello"}),
    ]

    assert [one.status_code for one in refused] == [403, 403, 403]
    assert shown_names(mia.sees("/business/documents")) == {"faq.csv", "policies.md"}


@pytest.mark.parametrize(
    ("header", "status"),
    [("Content-Length: 99999999", b"413"), ("Transfer-Encoding: chunked", b"411")],
)
def test_a_large_upload_is_refused_before_it_is_read(two_businesses, mia, header, status):
    cookie = "; ".join(f"{name}={value}" for name, value in mia.http.cookies.items())
    head = f"POST /business/documents HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n{header}\r\n\r\n"

    with socket.create_connection(("127.0.0.1", two_businesses.port), timeout=10) as line:
        line.sendall(head.encode())

        assert line.recv(200).startswith(b"HTTP/1.1 " + status)


def test_a_second_business_sees_and_keeps_its_own(mia, nora):
    assert "faq.csv" not in shown_names(nora.sees("/business/documents"))
    assert "Alder" not in nora.sees("/business")
    assert outcome(nora.uploads(("faq.csv", TABLE))) == "faq.csv: 1 passage, in use now"

    assert "Thawing" not in mia.sees("/business/documents/faq.csv")
    assert "$149" not in nora.asks("how much is a drain cleaning?")
    nora.sends("/business/documents/faq.csv/remove")
    assert shown_names(mia.sees("/business/documents")) == {"faq.csv", "policies.md"}
