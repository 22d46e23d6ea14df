# The warnings that pier's own code is compiled with. Only pier's own targets link to this, and
# privately, so that no program that uses pier inherits them.
add_library(pier_warnings INTERFACE)
if(MSVC)
  # MSVC calls Berkeley's own names and standard functions unsafe or deprecated.
  target_compile_definitions(pier_warnings INTERFACE
    _CRT_SECURE_NO_WARNINGS _CRT_NONSTDC_NO_WARNINGS)
  # C4201, C4204 and C4221 call unnamed unions and initializers extensions that C11 and C99 have.
  target_compile_options(pier_warnings INTERFACE
    /W4 /wd4201 /wd4204 /wd4221 $<$<BOOL:${PIER_WARNINGS_AS_ERRORS}>:/WX>)
else()
  target_compile_options(pier_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<BOOL:${PIER_WARNINGS_AS_ERRORS}>:-Werror>)
endif()
