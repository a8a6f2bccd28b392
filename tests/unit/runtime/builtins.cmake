# First-order builtins and everything that walks over values; no evaluator is needed for these.
roost_test(builtins_test
  SOURCES numbers_test.cpp texts_test.cpp vectors_test.cpp orders_test.cpp render_test.cpp json_test.cpp
          value_hash_test.cpp codec_test.cpp web_test.cpp
  LINK roost_runtime)
