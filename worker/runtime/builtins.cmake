# What values do and how they are written: first-order builtins, rendering, JSON, hashing, the codec.
target_sources(roost_runtime PRIVATE
  builtin_table.cpp codec.cpp hashes.cpp html.cpp json.cpp numbers.cpp orders.cpp render.cpp texts.cpp uri.cpp
  value_hash.cpp vectors.cpp web.cpp)
target_link_libraries(roost_runtime PRIVATE gumbo utf8proc)
