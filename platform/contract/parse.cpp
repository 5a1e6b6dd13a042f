#include "platform/contract/parse.hpp"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <set>
#include <span>
#include <vector>

#include "platform/contract/rules.hpp"

namespace platform::contract {
namespace {

namespace json = boost::json;

// The member names seen in one object. Short objects are compared name by name; the tree keeps an object of
// thousands of names, which only an attacker sends, from taking quadratic time.
class Names {
  public:
    /// False if the name was there already.
    bool add(std::string_view name) {
        if (!many_.empty()) return many_.emplace(name).second;
        for (const std::string& earlier : few_) {
            if (earlier == name) return false;
        }
        few_.emplace_back(name);
        if (few_.size() == few_max) many_.insert(few_.begin(), few_.end());
        return true;
    }

    void clear() {
        few_.clear();
        many_.clear();
    }

  private:
    static constexpr std::size_t few_max = 24;
    std::vector<std::string> few_;
    std::set<std::string, std::less<>> many_;
};

// Builds the value as Boost.JSON's own handler does and refuses what that one lets pass.
class Builder {
  public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    Builder(json::storage_ptr storage, std::span<unsigned char> scratch)
        : stack_({}, scratch.data(), scratch.size()) {
        stack_.reset(std::move(storage));
    }

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }
    bool on_object_begin(json::error_code&) {
        if (open_ == names_.size()) names_.emplace_back();
        names_[open_++].clear();
        return true;
    }
    bool on_object_end(std::size_t size, json::error_code&) {
        --open_;
        stack_.push_object(size);
        return true;
    }
    bool on_array_begin(json::error_code&) { return true; }
    bool on_array_end(std::size_t size, json::error_code&) {
        stack_.push_array(size);
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
        key_ += part;
        return true;
    }
    bool on_key(json::string_view part, std::size_t, json::error_code& error) {
        key_ += part;
        if (!names_[open_ - 1].add(key_)) return refuse("repeated member \"" + key_ + '"', error);
        stack_.push_key(key_);
        key_.clear();
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_chars(part);
        return true;
    }
    bool on_string(json::string_view part, std::size_t, json::error_code&) {
        stack_.push_string(part);
        return true;
    }
    bool on_number_part(json::string_view, json::error_code&) { return true; }
    bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
        stack_.push_int64(number);
        return true;
    }
    bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
        stack_.push_uint64(number);
        return true;
    }
    bool on_double(double number, json::string_view, json::error_code& error) {
        if (!std::isfinite(number)) return refuse("number out of range", error);
        stack_.push_double(number);
        return true;
    }
    bool on_bool(bool flag, json::error_code&) {
        stack_.push_bool(flag);
        return true;
    }
    bool on_null(json::error_code&) {
        stack_.push_null();
        return true;
    }
    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    json::value release() { return stack_.release(); }
    const std::string& refusal() const { return refusal_; }

  private:
    bool refuse(std::string why, json::error_code& error) {
        refusal_ = std::move(why);
        error = json::error::input_error;
        return false;
    }

    json::value_stack stack_;
    std::vector<Names> names_;
    std::size_t open_ = 0;
    std::string key_;
    std::string refusal_;
};

std::string reason(json::error_code error) {
    if (error == json::error::incomplete) return "unexpected end";
    if (error == json::error::too_deep) {
        return "nested deeper than " + std::to_string(json_depth_max) + " levels";
    }
    if (error == json::error::exponent_overflow) return "number out of range";
    if (error == json::error::illegal_leading_surrogate || error == json::error::illegal_trailing_surrogate) {
        return "half of a surrogate pair";
    }
    return "not JSON";
}

std::unexpected<std::string> refused(std::string why, std::size_t at) {
    return std::unexpected(std::move(why) + " at byte " + std::to_string(at));
}

}  // namespace

std::expected<json::value, std::string> parse(std::string_view text, json::storage_ptr storage) {
    const std::size_t invalid_at = rules::first_invalid_byte(text);
    if (invalid_at != std::string_view::npos) return refused("not valid UTF-8", invalid_at);

    std::array<unsigned char, 2048> scratch;
    json::parse_options options;
    options.max_depth = json_depth_max;
    options.allow_invalid_utf8 = true;  // It was looked for above, where its position is known.
    json::basic_parser<Builder> parser(options, std::move(storage), scratch);

    json::error_code error;
    const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
    if (error) {
        const std::string& refusal = parser.handler().refusal();
        return refused(refusal.empty() ? reason(error) : refusal, read);
    }
    if (read < text.size()) return refused("text after the document", read);
    return parser.handler().release();
}

}  // namespace platform::contract
