// SPDX-License-Identifier: MIT
// Only for the precompiled header that all tests share (CMakeLists.txt).
