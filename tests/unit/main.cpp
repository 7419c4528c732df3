// tests/unit/main.cpp: the doctest main() of every test executable that brings none of its own.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
