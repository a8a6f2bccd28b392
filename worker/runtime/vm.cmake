# How programs run: the compiler, the evaluator, the machine, and the standard library as part of the program.
target_sources(roost_runtime PRIVATE
  builtin.cpp builtin_remote.cpp channels.cpp children.cpp code.cpp code_moves.cpp compile.cpp compile_free.cpp compute_bill.cpp fiber.cpp
  index_state.cpp knot.cpp library.cpp machine.cpp machine_node.cpp object.cpp remote.cpp universe.cpp value.cpp vm.cpp
  vm_builtins.cpp vm_call.cpp)
target_link_libraries(roost_runtime PRIVATE sodium)

# In this order; a later file may use what the earlier ones define.
set(library_files)
foreach(name base extra distributed-index)
  if(EXISTS ${PROJECT_SOURCE_DIR}/worker/library/${name}.u)
    list(APPEND library_files ${PROJECT_SOURCE_DIR}/worker/library/${name}.u)
  endif()
endforeach()
string(REPLACE ";" "," library_list "${library_files}")
add_custom_command(
  OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/default_library.cpp
  COMMAND ${CMAKE_COMMAND} -DOUT=${CMAKE_CURRENT_BINARY_DIR}/default_library.cpp -DFILES=${library_list}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/embed_library.cmake
  DEPENDS ${library_files} ${CMAKE_CURRENT_SOURCE_DIR}/embed_library.cmake
  COMMENT "Embedding the standard library" VERBATIM)
target_sources(roost_runtime PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/default_library.cpp)
