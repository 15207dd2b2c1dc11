// Command lines and files that a training program refuses: the message, the
// exit code, and that nothing is left behind.

#include "tests/runtime/FakeProgram.h"
#include "tests/runtime/TestSupport.h"
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <vector>

using namespace stator::runtime;
using namespace stator::runtime::testing;
using ::testing::HasSubstr;

namespace {

struct BadCommand {
  std::vector<std::string> Arguments;
  int ExitCode;
  std::string Message;
};

// NOLINTNEXTLINE(readability-identifier-naming): a name of GoogleTest
void PrintTo(const BadCommand &Command, std::ostream *Out) {
  for (const std::string &Argument : Command.Arguments)
    *Out << Argument << ' ';
}

// NOLINTNEXTLINE(misc-multiple-inheritance): as GoogleTest has it
class TrainErrorTest : public FolderTest,
                       public ::testing::WithParamInterface<BadCommand> {};

TEST_P(TrainErrorTest, IsClearAndLeavesNothing) {
  write("text.txt", sampleText(600));
  write("empty.txt", "");
  write("one.txt", "a");
  write("short.txt", "abcd");
  write("wide.txt", "abcdefghijklmnop");
  write("latin1.txt", "caf\xe9 au lait");
  write("other.txt", "abcxyz");
  write("odd.bin", "abc");
  write("large.bin", std::string("\1\0\2\0\3\0\x09\0\1\0\1\0", 12));
  write("broken.safetensors", "not a tensor in it");
  ::mkdir("folder", 0777);
  FakeProgram Fake(STATOR_MODE_TRAIN);
  auto Before = list(".");
  Outcome End = run(Fake.get(), GetParam().Arguments);
  EXPECT_EQ(End.ExitCode, GetParam().ExitCode);
  EXPECT_EQ(End.Err.substr(0, 7), "error: ");
  EXPECT_THAT(End.Err, HasSubstr(GetParam().Message));
  EXPECT_EQ(list("."), Before);
}

INSTANTIATE_TEST_SUITE_P(
    Flags, TrainErrorTest,
    ::testing::Values(
        BadCommand{{}, 2, "--data FILE is needed"},
        BadCommand{{"--dat", "x"}, 2, "did you mean --data?"},
        BadCommand{{"--vall-fractoin", "x"}, 2, "did you mean --val-fraction?"},
        BadCommand{{"--save", "3"}, 2, "did you mean --save-every?"},
        BadCommand{
            {"--zzzzzzzz"}, 2, "unknown argument '--zzzzzzzz'\nhint: --help"},
        BadCommand{{"-b", "4"},
                   2,
                   "unknown argument '-b'\nhint: this is fixed when the "
                   "program is compiled: stator compile MODEL --batch N"},
        BadCommand{{"--batch-size=4"}, 2, "stator compile MODEL --batch N"},
        BadCommand{{"--block_size=4"}, 2, "stator compile MODEL --time N"},
        BadCommand{{"--max-iters=4"},
                   2,
                   "unknown argument '--max-iters'; did you mean --steps?"},
        BadCommand{{"--eval_every=4"}, 2, "did you mean --eval-every?"},
        BadCommand{{"--learning-rate", "1"}, 2, "did you mean --lr?"},
        BadCommand{{"-lr", "1"}, 2, "did you mean --lr?"},
        BadCommand{{"--warmup", "1"}, 2, "in the train block of the model"},
        BadCommand{{"--device", "cuda"}, 2, "compute on the CPU"},
        BadCommand{
            {"-o", "x"}, 2, "unknown argument '-o'; did you mean --out?"},
        BadCommand{{"-"}, 2, "unknown argument '-'; every value follows"},
        BadCommand{{"text.txt"}, 2, "unknown argument 'text.txt'"},
        BadCommand{{"--data"}, 2, "--data needs a value, FILE"},
        BadCommand{{"--data", "--quiet"}, 2, "--data needs a value, FILE"},
        BadCommand{{"--data=text.txt", "--data=text.txt"}, 2, "given twice"},
        BadCommand{{"--quiet=yes"}, 2, "--quiet takes no value"},
        BadCommand{{"--data=text.txt", "--steps=-1"},
                   2,
                   "--steps -1: expected an integer from 0 to"},
        BadCommand{{"--data=text.txt", "--steps=1e3"}, 2, "--steps 1e3"},
        BadCommand{
            {"--data=text.txt", "--threads=0"}, 2, "an integer from 1 to 4096"},
        BadCommand{{"--data=text.txt", "--seed=99999999999999999999"},
                   2,
                   "--seed 99999999999999999999: expected an integer"},
        BadCommand{{"--data=text.txt", "--val-fraction=1"},
                   2,
                   "from 0 up to, not including, 1"},
        BadCommand{{"--data=text.txt", "--val-fraction=nan"}, 2, "a number"},
        BadCommand{{"--data=text.txt", "--format=utf8"},
                   2,
                   "one of text, bytes, uint16, uint32"},
        BadCommand{{"--data=text.txt", "--val=one.txt", "--val-fraction=0.1"},
                   2,
                   "--val and --val-fraction exclude each other"},
        BadCommand{{"--data=text.txt", "--eval-every=5"},
                   2,
                   "--eval-every needs held-out text"},
        BadCommand{{"--data=text.txt", "--out="}, 2, "--out needs"},
        BadCommand{{"--data=text.txt", "--allow-extra"}, 2, "--init-from"}));

INSTANTIATE_TEST_SUITE_P(
    Data, TrainErrorTest,
    ::testing::Values(
        BadCommand{{"--data=missing.txt"},
                   1,
                   "missing.txt: No such file or directory"},
        BadCommand{{"--data=folder"}, 1, "it is a directory"},
        BadCommand{{"--data=/dev/null"}, 1, "/dev/null is empty"},
        BadCommand{{"--data=empty.txt"}, 1, "empty.txt is empty"},
        BadCommand{{"--data=short.txt"},
                   1,
                   "has 4 tokens, fewer than one sample, which is 5"},
        BadCommand{{"--data=text.txt", "--val-fraction=0.995"},
                   1,
                   "has 3 tokens after 597 are held out, fewer than one"},
        BadCommand{{"--data=text.txt", "--val-fraction=0.001"},
                   1,
                   "is 1 tokens, too few"},
        BadCommand{{"--data=text.txt", "--val=one.txt"}, 1, "a single token"},
        BadCommand{{"--data=text.txt", "--val=empty.txt"}, 1, "is empty"},
        BadCommand{{"--data=text.txt", "--val=other.txt"},
                   1,
                   "the character 'x' at byte 3 does not occur"},
        BadCommand{{"--data=wide.txt"},
                   1,
                   "has 16 different characters, but the model was compiled "
                   "for 8\nhint: compile the model with -D vocab=16"},
        BadCommand{{"--data=latin1.txt"},
                   1,
                   "byte 3 (0xe9) is not valid UTF-8\nhint: --format bytes"},
        BadCommand{{"--data=text.txt", "--format=bytes"},
                   1,
                   "hint: compile the model with -D vocab=256"},
        BadCommand{{"--data=odd.bin"}, 1, "no multiple of 2"},
        BadCommand{{"--data=large.bin"},
                   1,
                   "token 3 has the id 9, but the model was compiled for ids "
                   "below 8"},
        BadCommand{{"--data=text.txt", "--init-from=nowhere"},
                   1,
                   "no weights in nowhere: it does not exist"},
        BadCommand{{"--data=text.txt", "--init-from=folder"},
                   1,
                   "neither model.safetensors nor a checkpoint"},
        BadCommand{{"--data=text.txt", "--init-from=broken.safetensors"},
                   1,
                   "broken.safetensors is not a valid safetensors file"},
        BadCommand{{"--data=text.txt", "--out=text.txt"}, 1, "text.txt"},
        BadCommand{{"--data=text.txt", "--out=text.txt/below"}, 1, "text.txt"},
        BadCommand{{"--data=text.txt", "--out=/proc/nothing"},
                   1,
                   "cannot create /proc/nothing"},
        BadCommand{{"--data=text.txt", "--dump-gradients=/nowhere/g"},
                   1,
                   "cannot write /nowhere/g"},
        BadCommand{{"--resume=out"}, 1, "out: it does not exist"},
        BadCommand{{"--resume=folder"}, 1, "there is no checkpoint in it"}));

} // namespace
