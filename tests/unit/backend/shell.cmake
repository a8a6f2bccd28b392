# The parts of roostd around the core. directory_test makes a PostgreSQL cluster of its own in a temporary folder.
roost_test(front_test
  SOURCES configuration_test.cpp fastcgi_records_test.cpp http_test.cpp listener_test.cpp log_test.cpp operator_orders_test.cpp response_test.cpp
          server_test.cpp task_queue_test.cpp
  LINK roost_front roost_launch nlohmann_json::nlohmann_json)
roost_test(fetch_test SOURCES fetch_test.cpp LINK roost_fetch)
roost_test(code_store_test SOURCES code_store_test.cpp LINK roost_code_store roost_lang sodium)
roost_test(checker_memory_test SOURCES checker_memory_test.cpp LINK roost_code_store roost_lang sodium)   # has an operator new of its own
roost_test(status_map_test SOURCES status_map_test.cpp LINK roost_status)
roost_test(directory_test
  SOURCES batch_rows_test.cpp directory_test.cpp journal_writer_test.cpp master_key_test.cpp state_reads_test.cpp
          test_database.cpp
  LINK roost_directory PkgConfig::PQXX PkgConfig::SODIUM)
