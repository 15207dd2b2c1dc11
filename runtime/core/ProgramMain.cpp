// The main of every compiled program, which defines stator_program.

#include "runtime/core/Main.h"

int main(int argc, char **argv) {
  return stator_main(&stator_program, argc, argv);
}
