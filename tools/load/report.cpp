#include "tools/load/report.hpp"

#include <algorithm>
#include <functional>
#include <iomanip>
#include <sstream>

#include "tools/load/statistics.hpp"

namespace shop::load {

namespace {

constexpr int label_width = 26;
constexpr int column_width = 12;

using Column = std::function<double(const Round&)>;

std::vector<const Round*> rounds_via(const std::vector<Round>& rounds, std::string_view via) {
    std::vector<const Round*> found;
    for (const auto& round : rounds)
        if (round.via == via) found.push_back(&round);
    return found;
}

double median_of(const std::vector<const Round*>& rounds, const Column& column) {
    std::vector<double> values;
    for (const auto* round : rounds) values.push_back(column(*round));
    return median(std::move(values));
}

const PartUse* find_part(const Round& round, std::string_view part) {
    const auto found = std::ranges::find(round.parts, part, &PartUse::part);
    return found == round.parts.end() ? nullptr : &*found;
}

PartUse median_part(const std::vector<const Round*>& rounds, const std::string& part) {
    const auto member = [&](double PartUse::* figure) {
        return median_of(rounds, [&, figure](const Round& round) {
            const auto* use = find_part(round, part);
            return use != nullptr ? use->*figure : 0.0;
        });
    };
    return {part, member(&PartUse::cpu_seconds), member(&PartUse::cpu_us_per_order),
            member(&PartUse::memory_mib)};
}

Medians medians_via(const std::vector<Round>& all, const std::string& via) {
    const auto rounds = rounds_via(all, via);
    Medians medians{.via = via,
                    .accepted_per_s = median_of(rounds, &Round::accepted_per_s),
                    .confirmed_per_s = median_of(rounds, &Round::confirmed_per_s),
                    .post = {median_of(rounds, [](const Round& round) { return round.post.p50_ms; }),
                             median_of(rounds, [](const Round& round) { return round.post.p99_ms; }),
                             median_of(rounds, [](const Round& round) { return round.post.max_ms; })},
                    .cpu_us_per_order = median_of(rounds, &Round::cpu_us_per_order),
                    .parts = {}};
    for (const auto& use : rounds.front()->parts) medians.parts.push_back(median_part(rounds, use.part));
    return medians;
}

/// Lays out rows of one label and several numbers.
class Table {
  public:
    explicit Table(std::ostringstream& out) : out_(out) {}

    void head(std::string_view label, const std::vector<std::string>& columns) {
        out_ << '\n' << std::left << std::setw(label_width) << label << std::right;
        for (const auto& column : columns) out_ << std::setw(column_width) << column;
        out_ << '\n';
    }

    void row(std::string_view label, const std::vector<double>& numbers, int digits) {
        out_ << "  " << std::left << std::setw(label_width - 2) << label << std::right << std::fixed
             << std::setprecision(digits);
        for (const double number : numbers) out_ << std::setw(column_width) << number;
        out_ << '\n';
    }

  private:
    std::ostringstream& out_;
};

void add_rounds(std::ostringstream& out, const std::vector<const Round*>& rounds) {
    Table table(out);
    std::vector<std::string> columns;
    for (std::size_t i = 1; i <= rounds.size(); ++i) columns.push_back("round " + std::to_string(i));
    columns.emplace_back("median");
    table.head("via " + rounds.front()->via, columns);
    const auto row = [&](std::string_view label, int digits, const Column& column) {
        std::vector<double> numbers;
        for (const auto* round : rounds) numbers.push_back(column(*round));
        numbers.push_back(median_of(rounds, column));
        table.row(label, numbers, digits);
    };
    row("accepted/s", 0, &Round::accepted_per_s);
    row("CONFIRMED/s", 0, &Round::confirmed_per_s);
    row("seconds until accepted", 2, &Round::load_seconds);
    row("seconds until final", 2, &Round::total_seconds);
    row("POST p50 ms", 2, [](const Round& round) { return round.post.p50_ms; });
    row("POST p99 ms", 2, [](const Round& round) { return round.post.p99_ms; });
    row("POST max ms", 2, [](const Round& round) { return round.post.max_ms; });
    row("CPU us per order", 0, &Round::cpu_us_per_order);
    row("accepted", 0, &Round::accepted);
    row("confirmed", 0, &Round::confirmed);
    row("cancelled", 0, &Round::cancelled);
    row("not final in time", 0, &Round::unfinished);
    row("accepted but not found", 0, &Round::missing);
    row("given up", 0, &Round::given_up);
    row("waited as told", 0, &Round::waited);
    row("broken connections", 0, &Round::broken_connections);
}

void add_counts(std::ostringstream& out, const std::vector<const Round*>& rounds) {
    for (std::size_t i = 0; i < rounds.size(); ++i) {
        for (const auto& [status, count] : rounds[i]->errors)
            out << "  round " << i + 1 << ": " << count << " answered " << status << '\n';
        for (const auto& [reason, count] : rounds[i]->cancelled_because)
            out << "  round " << i + 1 << ": " << count << " cancelled because " << reason << '\n';
    }
}

void add_parts(std::ostringstream& out, const Medians& on_way) {
    Table table(out);
    table.head("via " + on_way.via + ", medians", {"CPU s", "us/order", "share %", "memory MiB"});
    double total = 0;
    for (const auto& use : on_way.parts) total += use.cpu_seconds;
    for (const auto& use : on_way.parts) {
        const double share = total > 0 ? 100 * use.cpu_seconds / total : 0;
        table.row(use.part, {use.cpu_seconds, use.cpu_us_per_order, share, use.memory_mib}, 1);
    }
}

}  // namespace

void add_use(Round& round, const UsageByPart& used) {
    constexpr double us_per_second = 1e6, bytes_per_mib = 1024.0 * 1024.0;
    const auto orders = static_cast<double>(round.accepted);
    for (const auto& [part, use] : used) {
        const double each = round.accepted > 0 ? use.cpu_seconds * us_per_second / orders : 0;
        round.parts.push_back(
            {part, use.cpu_seconds, each, static_cast<double>(use.memory_bytes) / bytes_per_mib});
        round.cpu_us_per_order += each;
    }
    std::ranges::sort(round.parts, std::greater{}, &PartUse::cpu_seconds);
}

std::vector<Medians> medians_of(const std::vector<Round>& rounds) {
    std::vector<Medians> medians;
    for (const auto& round : rounds) {
        const bool known = std::ranges::find(medians, round.via, &Medians::via) != medians.end();
        if (!known) medians.push_back(medians_via(rounds, round.via));
    }
    return medians;
}

bool complete(const Report& report) {
    return std::ranges::all_of(
        report.rounds, [](const Round& round) { return round.unfinished == 0 && round.missing == 0; });
}

std::string table_of(const Report& report) {
    std::ostringstream out;
    out << report.orders << " orders of " << report.lines_min << " to " << report.lines_max << " lines from "
        << report.skus << " articles in each round, " << report.clients << " clients, " << report.users
        << " users, " << report.replicas << " order-service, " << report.processors << " processors, seed "
        << report.seed << '\n';
    for (const auto& medians : report.medians) {
        const auto rounds = rounds_via(report.rounds, medians.via);
        add_rounds(out, rounds);
        add_counts(out, rounds);
        add_parts(out, medians);
    }
    return out.str();
}

}  // namespace shop::load
