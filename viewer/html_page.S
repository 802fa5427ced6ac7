/* viewer/html_page.S - the page that npntrace html fills, as bytes of the program */
/* SPDX-License-Identifier: MIT */

	.section .rodata
	.global html_page_begin
	.hidden html_page_begin
	.type html_page_begin, %object
html_page_begin:
	.incbin "viewer/html/built.html"
	.size html_page_begin, . - html_page_begin
	.global html_page_end
	.hidden html_page_end
	.type html_page_end, %object
html_page_end:
	.byte 0
	.size html_page_end, 1
	.global svg_script_begin
	.hidden svg_script_begin
	.type svg_script_begin, %object
svg_script_begin:
	.incbin "viewer/html/built.svg.js"
	.byte 0
	.size svg_script_begin, . - svg_script_begin
	.global svg_style_begin
	.hidden svg_style_begin
	.type svg_style_begin, %object
svg_style_begin:
	.incbin "viewer/html/built.svg.css"
	.byte 0
	.size svg_style_begin, . - svg_style_begin

	.section .note.GNU-stack, "", %progbits
