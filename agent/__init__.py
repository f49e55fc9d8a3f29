"""Decides what Ringback says and does; touches nothing.

text in -> gate -> triage -> recall -> understand -> answer, book | hand_off -> guard -> text out
           STOP    urgent?   passages   one reading     from    the wish,  a person   no promo,
           HELP    person               (rules, then    the     as a task             evidence
           START   now                  one model call) shop's
                                                        words
"""
