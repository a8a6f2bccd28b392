# The container's rules, one claim a test.
roost_test(core_test
  SOURCES core_attempts_test.cpp core_budgets_test.cpp core_code_test.cpp core_destruction_test.cpp core_frames_test.cpp core_gates_test.cpp core_lifecycle_test.cpp
          core_requests_test.cpp
  LINK roost_core)
