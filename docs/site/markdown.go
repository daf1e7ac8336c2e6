package main

import (
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// markdown returns a converter for the pages of this repository, whose HTML is trusted.
func markdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithRendererOptions(
			html.WithUnsafe(),
			renderer.WithNodeRenderers(util.Prioritized(codeRenderer{}, 0)),
		),
	)
}

// codeRenderer writes code with a class for each kind of token; their colors are in the style
// sheet.
type codeRenderer struct{}

func (codeRenderer) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, writeCode)
	r.Register(ast.KindCodeBlock, writeCode)
}

func writeCode(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	var code strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		code.Write(line.Value(source))
	}
	var language string
	if fenced, ok := n.(*ast.FencedCodeBlock); ok {
		language = string(fenced.Language(source))
	}
	return ast.WalkSkipChildren, highlight(w, lexer(language, code.String()), code.String())
}

// lexer returns what reads a language. Most blocks that name none are what is typed in a terminal.
func lexer(language, code string) chroma.Lexer {
	if language == "console" && !strings.Contains("\n"+code, "\n$ ") {
		language = "" // what tyg connect shows, not a shell
	}
	if l := lexers.Get(language); language != "" && l != nil {
		return chroma.Coalesce(l)
	}
	return lexers.Fallback
}

func highlight(w util.BufWriter, lexer chroma.Lexer, code string) error {
	tokens, err := lexer.Tokenise(nil, code)
	if err != nil {
		return err
	}
	return chromahtml.New(chromahtml.WithClasses(true)).Format(w, styles.Fallback, tokens)
}
