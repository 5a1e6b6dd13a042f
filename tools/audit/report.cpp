#include "tools/audit/report.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace shop::audit {

namespace {

namespace json = boost::json;

constexpr std::size_t offenders_shown = 5;
constexpr std::size_t offenders_written = 20;  // As JSON.
constexpr std::size_t notices_shown = 20;
constexpr std::size_t id_width = 5, state_width = 16;

std::string_view status_of(const Check& check) {
    if (check.count > 0) return "failed";
    return check.not_applicable.empty() ? "ok" : "not_applicable";
}

std::string state_of(const Check& check) {
    if (check.count == 1) return "1 finding";
    if (check.count > 1) return std::to_string(check.count) + " findings";
    return check.not_applicable.empty() ? "ok" : "-";
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size() + 1), ' ');
    return text;
}

std::string text_of(const Offender& offender) {
    std::string text = offender.subject + ": " + offender.detail;
    for (const auto& one : offender.rows) text += (&one == offender.rows.data() ? " [" : "; ") + one;
    return text + (offender.rows.empty() ? "" : "]");
}

void add(const Check& check, std::string& out) {
    const std::string indent(id_width, ' ');
    out += padded(std::string(check.id), id_width) + padded(state_of(check), state_width) +
           std::string(check.statement);
    if (!check.not_applicable.empty()) out += " (" + std::string(check.not_applicable) + ")";
    out += "\n";
    const auto shown = std::min(offenders_shown, check.offenders.size());
    for (std::size_t i = 0; i < shown; ++i) out += indent + text_of(check.offenders[i]) + "\n";
    if (check.count > 1 && check.worst)
        out += indent + "worst, off by " + std::to_string(check.worst->wrong) + ": " + text_of(*check.worst) +
               "\n";
    if (check.count > shown) out += indent + "and " + std::to_string(check.count - shown) + " more\n";
    const auto noted = std::min(notices_shown, check.notices.size());
    for (std::size_t i = 0; i < noted; ++i) out += indent + "note: " + check.notices[i] + "\n";
    if (check.notices.size() > noted)
        out += indent + "note: and " + std::to_string(check.notices.size() - noted) + " more\n";
}

json::object object_of(const Offender& offender) {
    return {{"subject", offender.subject},
            {"detail", offender.detail},
            {"wrong", offender.wrong},
            {"rows", json::array(offender.rows.begin(), offender.rows.end())}};
}

json::object object_of(const Check& check) {
    json::array offenders, notices;
    const auto written = std::min(offenders_written, check.offenders.size());
    for (std::size_t i = 0; i < written; ++i) offenders.push_back(object_of(check.offenders[i]));
    for (const auto& notice : check.notices) notices.push_back(json::string(notice));
    json::object object{
        {"check", check.id},    {"statement", check.statement},  {"status", status_of(check)},
        {"count", check.count}, {"first", std::move(offenders)}, {"notices", std::move(notices)}};
    if (check.worst) object.emplace("worst", object_of(*check.worst));
    if (!check.not_applicable.empty()) object.emplace("why", check.not_applicable);
    return object;
}

std::size_t findings(const Checks& checks) {
    std::size_t count = 0;
    for (const auto& check : checks) count += check.count;
    return count;
}

}  // namespace

Extent extent_of(const Books& books) {
    return {.orders = books.orders.size(),
            .reservations = books.reservations.size(),
            .payments = books.payments.size(),
            .provider_moves = books.provider ? books.provider->moves.size() : 0,
            .events = books.sent.size()};
}

bool balanced(const Checks& checks) { return findings(checks) == 0; }

std::string verdict(const Checks& checks) {
    const auto count = findings(checks);
    if (count == 0) return "books balanced";
    const auto failed = std::ranges::count_if(checks, [](const Check& check) { return check.count > 0; });
    return "UNBALANCED: " + std::to_string(count) + (count == 1 ? " finding in " : " findings in ") +
           std::to_string(failed) + (failed == 1 ? " check" : " checks");
}

std::string text_report(const Checks& checks, const Extent& extent) {
    std::string out = std::to_string(extent.orders) + " orders, " + std::to_string(extent.reservations) +
                      " reservations, " + std::to_string(extent.payments) + " payments, " +
                      std::to_string(extent.provider_moves) + " movements at the provider, " +
                      std::to_string(extent.events) + " events, read and compared in " +
                      std::to_string(extent.took.count()) + " ms\n";
    if (extent.grace)
        out += "running: what is younger than " + std::to_string(extent.grace->count()) + " s is left out\n";
    out += "\n";
    for (const auto& check : checks) add(check, out);
    return out + "\n" + verdict(checks) + "\n";
}

std::string json_report(const Checks& checks, const Extent& extent) {
    json::array all;
    for (const auto& check : checks) all.push_back(object_of(check));
    json::object report{{"verdict", verdict(checks)},
                        {"balanced", balanced(checks)},
                        {"findings", findings(checks)},
                        {"orders", extent.orders},
                        {"reservations", extent.reservations},
                        {"payments", extent.payments},
                        {"provider_moves", extent.provider_moves},
                        {"events", extent.events},
                        {"took_ms", extent.took.count()}};
    if (extent.grace) report.emplace("grace_s", extent.grace->count());
    report.emplace("checks", std::move(all));
    return json::serialize(report) + "\n";
}

}  // namespace shop::audit
