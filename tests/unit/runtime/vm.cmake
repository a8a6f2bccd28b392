# The evaluator and the machine, through programs; values on their own first.
roost_test(object_test SOURCES object_test.cpp LINK roost_runtime)
roost_test(knot_test SOURCES knot_test.cpp LINK roost_runtime)
roost_test(machine_test
  SOURCES compile_test.cpp evaluation_test.cpp language_test.cpp library_test.cpp remote_test.cpp channel_test.cpp compute_bill_test.cpp
    spawn_test.cpp index_test.cpp universe_test.cpp attempt_test.cpp hostile_test.cpp
  LINK roost_runtime sodium)
roost_test(exhaustion_test SOURCES exhaustion_test.cpp LINK roost_runtime sodium)   # has an operator new of its own
roost_test(language_rules_test SOURCES language_rules_test.cpp rule_file.cpp ${PROJECT_SOURCE_DIR}/tests/unit/lang/same_tree.cpp LINK roost_runtime)
roost_test(local_container_test SOURCES local_container_test.cpp LINK roost_terminal)
