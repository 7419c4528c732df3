// cmake/precompiled.cpp: empty; the targets that compile lists of headers need a file (HeraldPrecompiled.cmake).
