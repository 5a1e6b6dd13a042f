"""Each rule of tidy.py is shown a sample that it must refuse, and one beside it that it must let pass."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from tools import tidy, tidy_functions, tidy_headers
from tools.tidy_text import strip


def findings(path: str, text: str, *, pragma: bool = True) -> list[str]:
    if path.endswith(".hpp") and pragma:
        text = "#pragma once\n" + text
    return [finding.what for finding in tidy.check_file(Path(path), text) if finding.fails]


class TidyCase(unittest.TestCase):
    def refuses(self, path: str, text: str, word: str, **options: bool) -> None:
        found = findings(path, text, **options)
        self.assertTrue(any(word in what for what in found), f"{found} should mention '{word}'")

    def accepts(self, path: str, text: str) -> None:
        self.assertEqual(findings(path, text), [])


DOMAIN = "services/order-service/app/domain/order.cpp"
APPLICATION = "services/order-service/app/application/place_order.cpp"
INFRASTRUCTURE = "services/order-service/app/infrastructure/pg_orders.cpp"
PRESENTATION = "services/order-service/app/presentation/routes.cpp"


class Layers(TidyCase):
    def test_the_domain_sees_neither_the_database_nor_http_nor_coroutines(self) -> None:
        for name in ("platform/postgres/pool.hpp", "platform/http/api.hpp", "platform/base/awaitable.hpp",
                     "platform/base/clock.hpp", "services/order-service/app/application/ports.hpp"):
            self.refuses(DOMAIN, f'#include "{name}"\n', name)
        self.accepts(DOMAIN, '#include "services/order-service/app/domain/order.hpp"\n#include <vector>\n'
                             '#include "shared/app/schemas/money.hpp"\n#include "platform/base/uuid.hpp"\n')

    def test_the_domain_sees_no_library(self) -> None:
        self.refuses(DOMAIN, "#include <boost/asio/awaitable.hpp>\n", "boost/asio")
        self.refuses(DOMAIN, "#include <unordered_map>\n", "unordered_map")
        self.refuses(DOMAIN, "#include <thread>\n", "thread")

    def test_the_domain_uses_no_clock_randomness_or_unordered_container(self) -> None:
        for line in ("auto now = std::chrono::system_clock::now();", "auto t = steady_clock::now();", "int r = rand();",
                     "std::mt19937 g;", "std::unordered_map<int, int> m;", "std::thread t;", "getenv(name);"):
            self.refuses(DOMAIN, f"void f() {{ {line} }}\n", "in the domain")
        self.accepts(DOMAIN, "// rand() in a comment\nvoid f() { use(\"system_clock\"); }\n")

    def test_the_application_sees_ports_but_neither_postgres_nor_the_outer_layers(self) -> None:
        for name in ("platform/postgres/pool.hpp", "platform/messaging/publisher.hpp", "platform/http/api.hpp",
                     "services/order-service/app/infrastructure/pg_orders.hpp",
                     "services/order-service/app/presentation/views.hpp"):
            self.refuses(APPLICATION, f'#include "{name}"\n', name)
        self.accepts(APPLICATION, '#include "platform/base/awaitable.hpp"\n#include "platform/http/refused.hpp"\n'
                                  '#include "platform/messaging/message.hpp"\n'
                                  '#include "services/order-service/app/domain/order.hpp"\n')

    def test_only_infrastructure_sees_postgres_and_the_http_client(self) -> None:
        self.refuses(PRESENTATION, '#include "platform/postgres/pool.hpp"\n', "presentation layer")
        self.accepts(INFRASTRUCTURE, '#include "platform/postgres/pool.hpp"\n#include "platform/http/client.hpp"\n'
                                     '#include "platform/messaging/publisher.hpp"\n')

    def test_only_presentation_sees_http_and_subscriptions(self) -> None:
        self.refuses(INFRASTRUCTURE, '#include "platform/http/api.hpp"\n', "infrastructure layer")
        self.refuses(INFRASTRUCTURE, '#include "platform/messaging/subscription.hpp"\n', "infrastructure layer")
        self.accepts(PRESENTATION, '#include "platform/http/api.hpp"\n#include "platform/messaging/subscription.hpp"\n')

    def test_infrastructure_sees_of_presentation_only_the_views(self) -> None:
        self.refuses(INFRASTRUCTURE, '#include "services/order-service/app/presentation/routes.hpp"\n', "presentation")
        self.accepts(INFRASTRUCTURE, '#include "services/order-service/app/presentation/views.hpp"\n')

    def test_a_service_includes_no_other_service(self) -> None:
        for path in (APPLICATION, "services/order-service/main.cpp", "services/order-service/tests/order_test.cpp"):
            self.refuses(path, '#include "services/user-service/app/domain/user.hpp"\n', "another")

    def test_the_platform_includes_neither_services_nor_shared(self) -> None:
        for name in ("services/user-service/app/domain/user.hpp", "shared/app/schemas/money.hpp"):
            self.refuses("platform/http/router.cpp", f'#include "{name}"\n', "platform knows nothing")

    def test_shared_includes_only_the_contract_and_identifiers(self) -> None:
        self.refuses("shared/app/schemas/money.hpp", '#include "platform/http/api.hpp"\n', "shared sees only")
        self.accepts("shared/app/schemas/money.hpp", '#include "platform/contract/scalar.hpp"\n')

    def test_libraries_stay_in_the_sources_of_the_platform(self) -> None:
        for name in ("boost/beast/http.hpp", "libpq-fe.h", "openssl/evp.h", "amqp.h"):
            self.refuses("platform/http/server.hpp", f"#include <{name}>\n", "only in the platform")
            self.refuses(INFRASTRUCTURE, f"#include <{name}>\n", "only in the platform")
            self.accepts("platform/http/server.cpp", f"#include <{name}>\n")

    def test_includes_are_written_from_the_root(self) -> None:
        self.refuses("platform/http/router.cpp", '#include "router.hpp"\n', "from the root")
        self.refuses("platform/http/router.cpp", '#include "../base/uuid.hpp"\n', "from the root")


class Words(TidyCase):
    def test_using_namespace_is_refused_in_headers_only(self) -> None:
        self.refuses("platform/base/uuid.hpp", "using namespace std;\n", "using namespace")
        self.accepts("platform/base/uuid.cpp", "using namespace std::literals;\n")

    def test_printing_is_refused_outside_of_main(self) -> None:
        self.refuses("platform/http/router.cpp", 'void f() { std::cout << "x"; }\n', "std::cout")
        self.accepts("tools/load/main.cpp", 'void f() { std::cout << "x"; }\n')

    def test_catching_everything_is_refused_but_at_the_edges(self) -> None:
        self.refuses(APPLICATION, "void f() { try { g(); } catch (...) { } }\n", "catch (...)")
        self.accepts("platform/http/router.cpp", "void f() { try { g(); } catch (...) { } }\n")

    def test_sleeping_and_skipping_are_refused(self) -> None:
        self.refuses("platform/http/tests/server_test.cpp", "void f() { std::this_thread::sleep_for(1s); }\n",
                     "sleep_for")
        self.refuses("platform/http/tests/server_test.cpp", "void f() { GTEST_SKIP(); }\n", "GTEST_SKIP")

    def test_names_that_say_nothing_are_refused(self) -> None:
        for name in ("OrderHelper", "StringUtil", "ConnectionManager", "ServerImpl"):
            self.refuses("platform/http/router.cpp", f"class {name};\n", name)

    def test_unfinished_work_is_refused_in_every_language(self) -> None:
        for word in ("TODO", "FIXME"):
            self.refuses("platform/http/router.cpp", f"// {word}: later\n", word)
            self.refuses("tools/shop/up.py", f"# {word}: later\n", word)

    def test_words_in_comments_and_strings_do_not_count(self) -> None:
        self.accepts("platform/http/router.cpp", "// std::cout and catch (...) here\nauto s = R\"(sleep_for \")\";\n")

    def test_sql_put_together_from_pieces_is_refused(self) -> None:
        for line in ('auto q = "select * from orders where id = \'" + id;',
                     'run(fmt::format("delete from t where a={}", a));',
                     'auto q = R"sql(\nselect a from b where c = )sql" + value;',
                     'auto q = fmt::format(R"sql(\nupdate t set a = {})sql", a);'):
            self.refuses(INFRASTRUCTURE, line + "\n", "SQL put together")
        self.accepts(INFRASTRUCTURE, 'auto q = "select a from b where c = $1";\n')


class Shapes(TidyCase):
    def test_a_header_needs_pragma_once(self) -> None:
        self.refuses("platform/base/uuid.hpp", "struct Uuid {};\n", "#pragma once", pragma=False)

    def test_lines_are_limited(self) -> None:
        self.refuses("platform/base/uuid.cpp", "int " + "x" * 110 + ";\n", "line of 115")
        self.accepts("platform/base/uuid.cpp", "int " + "x" * 105 + ";\n")
        self.refuses("tools/shop/up.py", "x = '" + "x" * 120 + "'\n", "line of")

    def test_files_are_limited_and_warned_about_before(self) -> None:
        self.refuses("platform/base/uuid.cpp", "int x;\n" * 601, "601 lines")
        long = tidy.check_file(Path("platform/base/uuid.cpp"), "int x;\n" * 401)
        self.assertEqual([(finding.what, finding.fails) for finding in long], [("401 lines, aim at 400", False)])

    def test_functions_are_limited_and_warned_about_before(self) -> None:
        def function(lines: int) -> str:
            return "int Router::handle(int x) const {\n" + "    x += 1;\n" * (lines - 2) + "}\n"

        self.refuses("platform/http/router.cpp", function(101), "Router::handle has 101 lines")
        warned = tidy.check_file(Path("platform/http/router.cpp"), function(61))
        self.assertEqual([(finding.what, finding.fails) for finding in warned],
                         [("Router::handle has 61 lines, aim at 60", False)])
        self.accepts("platform/http/router.cpp", function(60))

    def test_tables_are_no_functions(self) -> None:
        self.accepts("platform/http/router.cpp", "constexpr std::array routes{\n" + "    Route{1},\n" * 120 + "};\n")

    def test_functions_are_found_in_all_shapes(self) -> None:
        code = strip("namespace a {\nstruct S {\n"
                     "    S(int x) : x_{x}, y_(x) { y(); }\n    int f() const { return 1; }\n};\n"
                     "template <class T>\nauto g(T t) -> int {\n    if (t) { return 1; }\n    return 2;\n}\n}\n")
        self.assertEqual([(name, line) for name, line, _ in tidy_functions.functions(code)],
                         [("S", 3), ("f", 4), ("g", 6)])


class Headers(unittest.TestCase):
    def setUp(self) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self.addCleanup(self._directory.cleanup)
        self.root = Path(self._directory.name)
        (self.root / "platform").mkdir()

    def write(self, name: str, text: str) -> Path:
        (self.root / name).write_text(text, encoding="utf-8")
        return Path(name)

    def test_a_header_that_leans_on_others_is_refused(self) -> None:
        bad = self.write("platform/bad.hpp", "#pragma once\nstd::string name();\n")
        good = self.write("platform/good.hpp", "#pragma once\n#include <string>\nstd::string name();\n")
        self.assertEqual([finding.path for finding in tidy_headers.check(self.root, [bad, good])], [bad])

    def test_a_result_is_kept_until_something_included_changes(self) -> None:
        self.write("platform/inner.hpp", "#pragma once\n#include <string>\n")
        outer = self.write("platform/outer.hpp", '#pragma once\n#include "platform/inner.hpp"\nstd::string name();\n')
        self.assertEqual(tidy_headers.check(self.root, [outer]), [])
        self.write("platform/inner.hpp", "#pragma once\n")
        self.assertEqual(len(tidy_headers.check(self.root, [outer])), 1)

    def test_a_source_that_includes_its_header_first_proves_it(self) -> None:
        header = self.write("platform/bad.hpp", "#pragma once\nstd::string name();\n")
        self.write("platform/bad.cpp", '#include "platform/bad.hpp"\n')
        self.assertEqual(tidy_headers.check(self.root, [header]), [])
        self.write("platform/bad.cpp", '#include <string>\n#include "platform/bad.hpp"\n')
        self.assertEqual(len(tidy_headers.check(self.root, [header])), 1)


if __name__ == "__main__":
    unittest.main()
