# make browser      the walk through the devhost's page in Chromium
.PHONY: browser
browser:
	@$(RUN)python -c 'import playwright, axe_playwright_python' 2>/dev/null || \
	  { echo "Run: pip install -c constraints.txt -r tests/browser/requirements.txt"; exit 1; }
	$(RUN)pytest tests/browser --browser $(ARGS)
