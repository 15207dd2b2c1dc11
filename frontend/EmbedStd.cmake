# Writes the files of the standard library as C++ raw strings, so that the
# compiler carries them with it.
#   cmake -DOUT=<file> -DFILES=<a|b|...> -P EmbedStd.cmake
string(REPLACE "|" ";" FILES "${FILES}")
set(text "// Generated from frontend/std.\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  string(APPEND text "{\"std/${name}\", R\"stator(${content})stator\"},\n")
endforeach()
file(WRITE ${OUT} "${text}")
