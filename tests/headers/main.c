/* The claim of this test is that it compiles and links. What it prints shows that it ran. */
#include <stdio.h>

int main(void)
{
  puts("the headers compile");
  return 0;
}
