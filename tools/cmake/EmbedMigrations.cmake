# Writes OUTPUT: one C++ raw string per migration file, so that a service needs no files beside its binary.
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} sql)
  string(APPEND entries "    {\"${name}\", R\"migration(${sql})migration\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"platform/postgres/migrate.hpp\"

#include <array>

std::span<const platform::postgres::Migration> ${SYMBOL}() {
  static constexpr auto all = std::to_array<platform::postgres::Migration>({
${entries}  });
  return all;
}
")
