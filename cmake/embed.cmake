# SPDX-License-Identifier: MIT
# cmake -DFILE=F -DNAME=N -DHEADER=H -DOUT=C -P embed.cmake: the bytes of F as a constant N of N_len
# bytes in C.
file(READ "${FILE}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR len "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes
                     "${bytes}")
file(WRITE "${OUT}" "#include \"${HEADER}\"\n\nconst uint8_t ${NAME}[] = {\n${bytes}};\nconst size_t ${NAME}_len = ${len};\n")
