"""How people write times: words, days, clocks and spans, put together by `agent.rules.when`."""
