# The release archive that `scripts/package` makes with CPack: Stator with every shared library that it
# needs beyond the C library, so that it runs where no LLVM 22 is installed. `cmake --install` leaves those
# libraries out.

set(STATOR_SHARED_FOLDER lib/stator/shared)

# DT_RPATH rather than DT_RUNPATH: it serves the libraries that libraries need, too.
set_target_properties(stator stator-opt PROPERTIES
  INSTALL_RPATH "$ORIGIN/../${STATOR_SHARED_FOLDER};${STATOR_LLVM_PREFIX}/lib")
target_link_options(stator PRIVATE -Wl,--disable-new-dtags)
target_link_options(stator-opt PRIVATE -Wl,--disable-new-dtags)

install(TARGETS stator stator-opt RUNTIME_DEPENDENCY_SET StatorDependencies RUNTIME DESTINATION bin)
install(RUNTIME_DEPENDENCY_SET StatorDependencies
  PRE_EXCLUDE_REGEXES "^(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv))\\.so"
  DIRECTORIES ${STATOR_LLVM_PREFIX}/lib
  LIBRARY DESTINATION ${STATOR_SHARED_FOLDER} COMPONENT shared EXCLUDE_FROM_ALL)
# The licences of those libraries, as their Debian packages state them.
install(CODE "
  file(GLOB libraries \"\${CMAKE_INSTALL_PREFIX}/${STATOR_SHARED_FOLDER}/*\")
  foreach(library \${libraries})
    get_filename_component(name \${library} NAME)
    execute_process(COMMAND dpkg-query -S \"*/\${name}\" OUTPUT_VARIABLE owners ERROR_QUIET)
    string(REGEX MATCH \"^[^:]+\" package \"\${owners}\")
    if(package AND EXISTS /usr/share/doc/\${package}/copyright)
      configure_file(/usr/share/doc/\${package}/copyright
                     \"\${CMAKE_INSTALL_PREFIX}/share/doc/stator/licenses/\${package}\" COPYONLY)
    endif()
  endforeach()"
  COMPONENT shared EXCLUDE_FROM_ALL)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/models DESTINATION share/stator)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION share/doc/stator)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/doc/stator)

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_FILE_NAME "stator-${PROJECT_VERSION}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_STRIP_FILES ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_COMPONENTS_ALL Unspecified shared)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
