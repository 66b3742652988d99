# What `cmake --install` puts where, in two components: `runtime` (attn-run, the shared library with attn.h, find_package
# and pkg-config files) and `compiler` (attn-opt, from tools/).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set_target_properties(attn_shared PROPERTIES EXCLUDE_FROM_ALL OFF EXPORT_NAME runtime
  SOVERSION ${PROJECT_VERSION_MAJOR} VERSION ${PROJECT_VERSION})
target_include_directories(attn_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

set(packages ${CMAKE_INSTALL_LIBDIR}/cmake/attn)
configure_file(attn.pc.in attn.pc @ONLY)
write_basic_package_version_file(attnConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(TARGETS attn_shared EXPORT attnConfig COMPONENT runtime)
install(TARGETS attn-run COMPONENT runtime)
install(FILES attn.h TYPE INCLUDE COMPONENT runtime)
install(EXPORT attnConfig NAMESPACE attn:: DESTINATION ${packages} COMPONENT runtime)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/attnConfigVersion.cmake DESTINATION ${packages} COMPONENT runtime)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/attn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT runtime)
